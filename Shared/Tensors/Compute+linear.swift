internal import CKernels

/// Neighbouring rows of a tensor, and the weights that they meet.
package struct RowGroup: Sendable {
    package let rows: Range<Int>
    package let weights: WeightMatrix

    package init(rows: Range<Int>, weights: WeightMatrix) {
        self.rows = rows
        self.weights = weights
    }
}

extension Compute {
    /// `input · weightsᵀ`: (rows, K) times (outputs, K) gives (rows, outputs); the sum over K in `parts` equal parts added as a tree.
    package func linear(_ input: Tensor, _ weights: WeightMatrix, parts: Int = 1) -> Tensor {
        linear(input, [RowGroup(rows: 0 ..< input.rows, weights: weights)], outputs: weights.rows, parts: parts)
    }

    /// The same with weights of its own for each group of rows: many small products that the threads share as one.
    ///
    /// - Parameters:
    ///   - groups: together all rows of `input`; their weights have one shape and one type.
    ///   - outputs: rows of each matrix of weights.
    package func linear(_ input: Tensor, _ groups: [RowGroup], outputs: Int, parts: Int = 1) -> Tensor {
        unsafe Tensor(rows: input.rows, columns: outputs) { unsafe linear(input, groups, outputs: outputs, parts: parts, into: $0) }
    }

    /// The same, written to (rows, outputs) floats at `output`.
    package func linear(_ input: Tensor, _ groups: [RowGroup], outputs: Int, parts: Int = 1, into output: UnsafeMutablePointer<Float>) {
        precondition([1, 2, 4, 8].contains(parts) && input.columns % parts == 0, "\(parts) equal parts of a sum over \(input.columns)")
        guard let type = groups.first?.weights.elementType else { return }
        for group in groups {
            let weights = group.weights
            precondition(weights.rows == outputs && weights.columns == input.columns && weights.elementType == type,
                "weights (\(weights.rows), \(weights.columns)) of \(weights.elementType) where (\(outputs), \(input.columns)) of \(type) are needed")
            precondition(group.rows.lowerBound >= 0 && group.rows.upperBound <= input.rows, "rows \(group.rows) of \(input.rows)")
        }
        if arithmetic == .fast, kernels.isFast(type) { return unsafe fastLinear(input, groups, outputs: outputs, type, into: output) }
        unsafe input.values.withUnsafeBufferPointer { x in
            inTiles(of: groups, outputs: outputs, rowBytes: input.columns * MemoryLayout<Float>.size) { weights, rows, range in
                let first = rows.lowerBound
                var slice = unsafe weights.rows(range).kernelWeights
                unsafe table.linear(
                    output + first * outputs + range.lowerBound, outputs, x.baseAddress! + first * input.columns, input.columns, &slice, rows.count,
                    range.count, parts)
            }
        }
    }

    /// The same with rounded rows, which are made once for all threads.
    private func fastLinear(_ input: Tensor, _ groups: [RowGroup], outputs: Int, _ type: ElementType, into output: UnsafeMutablePointer<Float>) {
        let rowBytes = unsafe table.fast_input_bytes(type.rawValue, input.columns)
        let rounded = UnsafeMutableRawPointer.allocate(byteCount: max(64, rowBytes * input.rows), alignment: 64)
        defer { unsafe rounded.deallocate() }
        unsafe input.values.withUnsafeBufferPointer { x in
            inParts(input.rows, operations: input.columns) { rows in
                unsafe table.fast_input(
                    rounded + rows.lowerBound * rowBytes, x.baseAddress! + rows.lowerBound * input.columns, input.columns, type.rawValue, rows.count,
                    input.columns)
            }
        }
        inTiles(of: groups, outputs: outputs, rowBytes: rowBytes) { weights, rows, range in
            let first = rows.lowerBound
            var slice = unsafe weights.rows(range).kernelWeights
            unsafe table.fast_linear(output + first * outputs + range.lowerBound, outputs, rounded + first * rowBytes, &slice, rows.count, range.count)
        }
    }

    /// Calls `body` for tiles of each group's rows and outputs, which together are all of them.
    ///
    /// - Parameter rowBytes: of a row of the input, as the kernel reads it.
    private func inTiles(of groups: [RowGroup], outputs: Int, rowBytes: Int, _ body: (WeightMatrix, Range<Int>, Range<Int>) -> Void) {
        if groups.contains(where: { $0.rows.count > ProductTiles.fewRows }) {
            let tiles = ProductTiles(groups.map(\.rows), outputs: outputs, rowBytes: rowBytes)
            let operations = groups.reduce(0.0) { $0 + Self.operations(rows: $1.rows.count, weights: $1.weights.columns * outputs) }
            inParts(tiles.count, operations: Int(operations / Double(max(1, tiles.count)))) { part in
                for index in part {
                    let tile = tiles[index]
                    body(groups[tile.group].weights, tile.rows, tile.outputs)
                }
            }
        } else {
            inSlices(of: groups, outputs: outputs) { body($0.weights, $0.rows, $1) }
        }
    }

    /// Calls `body` for outputs of each group, cut at multiples of 16 where threads meet: each thread has about the same to do, in one piece of the list.
    private func inSlices(of groups: [RowGroup], outputs: Int, _ body: (RowGroup, Range<Int>) -> Void) {
        let blocks = (outputs + 15) / 16
        let costs = groups.map { Self.operations(rows: $0.rows.count, weights: $0.weights.columns * outputs) }
        let total = costs.reduce(0, +)
        let parts = worthwhileParts(of: blocks * groups.count, operations: total, perThread: 8)
        inParts(parts) { part in
            let lower = part.lowerBound == 0 ? -Double.infinity : total / Double(parts) * Double(part.lowerBound)
            let upper = part.upperBound == parts ? Double.infinity : total / Double(parts) * Double(part.upperBound)
            var before = 0.0
            for (group, cost) in zip(groups, costs) {
                func border(_ place: Double) -> Int { min(outputs, 16 * Int((max(0, min(1, (place - before) / cost)) * Double(blocks)).rounded())) }
                let range = border(lower) ..< border(upper)
                if !range.isEmpty { body(group, range) }
                before += cost
            }
        }
    }
}
