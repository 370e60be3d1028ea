internal import CKernels

/// Neighbouring rows of a tensor, and the weights that they meet.
package struct RowGroup: Sendable {
    /// The numbers of the rows in their tensor.
    package let rows: Range<Int>
    /// Weights of shape (outputs, columns of the tensor).
    package let weights: WeightMatrix

    /// Pairs rows with weights; only a product checks whether their shapes match.
    package init(rows: Range<Int>, weights: WeightMatrix) {
        self.rows = rows
        self.weights = weights
    }
}

extension Compute {
    /// `input · weightsᵀ`: (rows, K) times (outputs, K) gives (rows, outputs); the sum over K in `parts` equal parts
    /// added as a tree.
    package func linear(_ input: Tensor, _ weights: WeightMatrix, parts: Int = 1) -> Tensor {
        linear(input, [RowGroup(rows: 0 ..< input.rows, weights: weights)], outputs: weights.rows, parts: parts)
    }

    /// The products of one input with several matrices, which the threads share as one: (rows, outputs) for each of
    /// them.
    package func linear(_ input: Tensor, each weights: [WeightMatrix]) -> [Tensor] {
        linear(input, each: weights.map { [RowGroup(rows: 0 ..< input.rows, weights: $0)] })
    }

    /// A product with weights of its own for each group of rows: many small products that the threads share as one.
    ///
    /// - Parameters:
    ///   - groups: together all rows of `input`; their weights have one shape and one type.
    ///   - outputs: rows of each matrix of weights.
    package func linear(_ input: Tensor, _ groups: [RowGroup], outputs: Int, parts: Int = 1) -> Tensor {
        unsafe Tensor(rows: input.rows, columns: outputs) {
            unsafe linear(input, groups, outputs: outputs, parts: parts, into: $0)
        }
    }

    /// The same, written to (rows, outputs) floats at `output`.
    package func linear(
        _ input: Tensor, _ groups: [RowGroup], outputs: Int, parts: Int = 1, into output: UnsafeMutablePointer<Float>
    ) {
        linear(input, groups.map { unsafe Product($0, outputs: outputs, output) }, parts: parts)
    }

    /// Several such products of one input, which the threads share as one: (rows, outputs) for each of them.
    ///
    /// - Parameter products: of each the groups, one or more, which are together all rows of `input`; their weights
    ///   have one shape and one type.
    package func linear(_ input: Tensor, each products: [[RowGroup]]) -> [Tensor] {
        let types = Set(products.lazy.map { $0[0].weights.elementType })
        guard types.count == 1 else { return products.map { linear(input, $0, outputs: $0[0].weights.rows) } }
        return linear(input, each: products[...], after: [])
    }

    /// - Parameter before: what products before these are made of, with the places that their tensors have.
    private func linear(_ input: Tensor, each products: ArraySlice<[RowGroup]>, after before: [Product]) -> [Tensor] {
        guard let groups = products.first else {
            linear(input, before, parts: 1)
            return []
        }
        let outputs = groups[0].weights.rows
        var others: [Tensor] = []
        let first = unsafe Tensor(rows: input.rows, columns: outputs) { output in
            others = linear(
                input, each: products.dropFirst(),
                after: before + groups.map { unsafe Product($0, outputs: outputs, output) })
        }
        return [first] + others
    }

    /// A group of rows, and the place of its outputs.
    @safe private struct Product {
        let rows: Range<Int>
        let weights: WeightMatrix
        /// (rows of the group, outputs) floats.
        let output: UnsafeMutablePointer<Float>

        /// - Parameter output: place of all groups' outputs, (rows of the input, outputs).
        init(_ group: RowGroup, outputs: Int, _ output: UnsafeMutablePointer<Float>) {
            precondition(
                group.weights.rows == outputs, "weights of \(group.weights.rows) outputs where \(outputs) are needed")
            precondition(group.rows.lowerBound >= 0, "rows \(group.rows)")
            (rows, weights) = (group.rows, group.weights)
            unsafe self.output = output + group.rows.lowerBound * outputs
        }

        var outputs: Int { weights.rows }
        var operations: Double { Compute.operations(rows: rows.count, weights: weights.count) }
    }

    private func linear(_ input: Tensor, _ products: [Product], parts: Int) {
        precondition(
            [1, 2, 4, 8].contains(parts) && input.columns % parts == 0,
            "\(parts) equal parts of a sum over \(input.columns)")
        guard let type = products.first?.weights.elementType else { return }
        for product in products {
            let weights = product.weights
            precondition(
                weights.columns == input.columns && weights.elementType == type,
                """
                weights over \(weights.columns) columns of \(weights.elementType) where \(input.columns) of \(type) \
                are needed
                """
            )
            precondition(product.rows.upperBound <= input.rows, "rows \(product.rows) of \(input.rows)")
        }
        if arithmetic == .fast, kernels.isFast(type) { return fastLinear(input, products, type) }
        unsafe input.values.withUnsafeBufferPointer { x in
            inTiles(of: products, rowBytes: input.columns * MemoryLayout<Float>.size) { product, rows, range in
                var slice = unsafe product.weights.rows(range).kernelWeights
                unsafe table.linear(
                    product.output + (rows.lowerBound - product.rows.lowerBound) * product.outputs + range.lowerBound,
                    product.outputs,
                    x.baseAddress! + rows.lowerBound * input.columns, input.columns, &slice, rows.count, range.count,
                    parts)
            }
        }
    }

    /// The same with rounded rows, which are made once for all products and threads.
    private func fastLinear(_ input: Tensor, _ products: [Product], _ type: ElementType) {
        let rowBytes = unsafe table.fast_input_bytes(type.rawValue, input.columns)
        let rounded = UnsafeMutableRawPointer.allocate(byteCount: max(64, rowBytes * input.rows), alignment: 64)
        defer { unsafe rounded.deallocate() }
        unsafe input.values.withUnsafeBufferPointer { x in
            inParts(input.rows, operations: input.columns) { rows in
                unsafe table.fast_input(
                    rounded + rows.lowerBound * rowBytes, x.baseAddress! + rows.lowerBound * input.columns,
                    input.columns, type.rawValue, rows.count,
                    input.columns)
            }
        }
        inTiles(of: products, rowBytes: rowBytes) { product, rows, range in
            var slice = unsafe product.weights.rows(range).kernelWeights
            unsafe table.fast_linear(
                product.output + (rows.lowerBound - product.rows.lowerBound) * product.outputs + range.lowerBound,
                product.outputs,
                rounded + rows.lowerBound * rowBytes, &slice, rows.count, range.count)
        }
    }

    /// Calls `body` for tiles of each product's rows and outputs, which together are all of them.
    ///
    /// - Parameter rowBytes: of a row of the input, as the kernel reads it.
    private func inTiles(of products: [Product], rowBytes: Int, _ body: (Product, Range<Int>, Range<Int>) -> Void) {
        guard products.contains(where: { $0.rows.count > ProductTiles.fewRows }) else {
            return inSlices(of: products) { body($0, $0.rows, $1) }
        }
        let tiles = ProductTiles(products.map { (rows: $0.rows, outputs: $0.outputs) }, rowBytes: rowBytes)
        let operations = products.reduce(0) { $0 + $1.operations }
        inParts(tiles.count, operations: Int(operations / Double(max(1, tiles.count)))) { part in
            for index in part {
                let tile = tiles[index]
                body(products[tile.product], tile.rows, tile.outputs)
            }
        }
    }

    /// Calls `body` for outputs of each product, cut at multiples of 16 where threads meet: each thread has about the
    /// same to do, in one piece of the list.
    private func inSlices(of products: [Product], _ body: (Product, Range<Int>) -> Void) {
        let costs = products.map(\.operations), total = costs.reduce(0, +)
        let parts = worthwhileParts(
            of: products.reduce(0) { $0 + ($1.outputs + 15) / 16 }, operations: total, perThread: 8)
        inParts(parts) { part in
            let lower = part.lowerBound == 0 ? -Double.infinity : total / Double(parts) * Double(part.lowerBound)
            let upper = part.upperBound == parts ? Double.infinity : total / Double(parts) * Double(part.upperBound)
            var before = 0.0
            for (product, cost) in zip(products, costs) {
                let blocks = Double((product.outputs + 15) / 16)
                func border(_ place: Double) -> Int {
                    min(product.outputs, 16 * Int((max(0, min(1, (place - before) / cost)) * blocks).rounded()))
                }
                let range = border(lower) ..< border(upper)
                if !range.isEmpty { body(product, range) }
                before += cost
            }
        }
    }
}
