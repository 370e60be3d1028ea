import Testing

@testable import Tensors

/// The equality promise at its root: a row's bytes depend on that row alone.
@Suite("A row's bytes depend on that row alone") struct KernelEqualityTests {
    private static let elementTypes = ElementType.allCases

    @Test("not on how many rows share the call", arguments: Kernels.names, elementTypes)
    func rows(name: String, elementType: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for K in [33, 136] {
            let x = Tensor(columns: K, values: pattern(11 * K, seed: 1))
            let weights = StoredWeights(rows: 37, columns: K, elementType, pattern(37 * K, seed: 2)).matrix
            let parts = sumParts(of: K)
            let whole = compute.linear(x, weights, parts: parts)
            for first in 0 ..< x.rows {
                for count in 1 ... x.rows - first {
                    let rows = first ..< first + count
                    #expect(
                        bits(compute.linear(x.rows(rows), weights, parts: parts)) == bits(whole.rows(rows)),
                        "rows \(rows), K = \(K)")
                }
            }
        }
    }

    @Test("not on the number of threads", arguments: Kernels.names)
    func threads(name: String) throws {
        let kernels = try Kernels.table(name)
        let x = Tensor(columns: 130, values: pattern(7 * 130, seed: 1))
        let weights = StoredWeights(rows: 203, columns: 130, .bfloat16, pattern(203 * 130, seed: 2)).matrix
        let norm = pattern(130, seed: 3)
        let one = Compute(kernels: kernels, threads: 1)
        for threads in [0, 2, 3, 5, 8, 64] {
            let many = Compute(kernels: kernels, threads: threads)
            #expect(
                bits(many.linear(x, weights, parts: 2)) == bits(one.linear(x, weights, parts: 2)), "\(threads) threads")
            #expect(
                bits(many.rmsNorm(x, weight: norm, epsilon: 1e-5)) == bits(one.rmsNorm(x, weight: norm, epsilon: 1e-5)),
                "\(threads) threads")
        }
    }

    @Test("not on where the outputs are cut", arguments: Kernels.names, elementTypes)
    func outputs(name: String, elementType: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let x = Tensor(columns: 65, values: pattern(5 * 65, seed: 1))
        let weights = StoredWeights(rows: 61, columns: 65, elementType, pattern(61 * 65, seed: 2)).matrix
        let whole = compute.linear(x, weights)
        for cut in 1 ..< weights.rows {
            for range in [0 ..< cut, cut ..< weights.rows] {
                let part = compute.linear(x, weights.rows(range))
                let expected = (0 ..< x.rows).flatMap {
                    whole.row($0)[(whole.columns * $0 + range.lowerBound) ..< (whole.columns * $0 + range.upperBound)]
                }
                #expect(bits(part) == bits(expected), "outputs \(range)")
            }
        }
    }

    @Test(
        "a sum in 8 parts is the tree sum of slices computed apart", arguments: Kernels.names,
        elementTypes.filter { $0.groupSize == nil })
    func slices(name: String, elementType: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for K in [8, 72, 136, 264] {
            let x = Tensor(columns: K, values: pattern(3 * K, seed: 1))
            let weights = StoredWeights(rows: 21, columns: K, elementType, pattern(21 * K, seed: 2))
            let whole = compute.linear(x, weights.matrix, parts: 8)
            for count in [2, 4, 8] {
                let width = K / count
                var partials = (0 ..< count).map { slice in
                    let columns = slice * width ..< (slice + 1) * width
                    let sliced = StoredWeights(
                        rows: 21, columns: width, elementType, cut(weights.values, rowLength: K, columns))
                    return compute.linear(
                        Tensor(columns: width, values: cut(x.values, rowLength: K, columns)), sliced.matrix,
                        parts: 8 / count)
                }
                while partials.count > 1 {
                    partials = stride(from: 0, to: partials.count, by: 2).map {
                        compute.addScaled(1, partials[$0], 1, partials[$0 + 1])
                    }
                }
                #expect(bits(partials[0]) == bits(whole), "K = \(K) in \(count) slices")
            }
        }
    }

    private func cut(_ values: [Float], rowLength: Int, _ columns: Range<Int>) -> [Float] {
        stride(from: 0, to: values.count, by: rowLength).flatMap {
            values[$0 + columns.lowerBound ..< $0 + columns.upperBound]
        }
    }

    @Test("the parts of a sum are the most that divide it")
    func parts() {
        #expect([1, 2, 3, 4, 6, 7, 8, 12, 20, 24, 64, 9216].map(sumParts) == [1, 2, 1, 4, 2, 1, 8, 4, 4, 8, 8, 8])
    }

    @Test("a neighbour full of NaN and infinities changes nothing", arguments: Kernels.names)
    func neighbours(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let K = 40, norm = pattern(K, seed: 3)
        let weights = StoredWeights(rows: 18, columns: K, .bfloat16, pattern(18 * K, seed: 2)).matrix
        let clean = Tensor(columns: K, values: pattern(6 * K, seed: 1))
        for bad in 0 ..< clean.rows {
            var x = clean
            for column in 0 ..< K { x[bad, column] = extremes[column % extremes.count] }
            for (found, expected) in [
                (compute.linear(x, weights, parts: 8), compute.linear(clean, weights, parts: 8)),
                (compute.rmsNorm(x, weight: norm, epsilon: 1e-6), compute.rmsNorm(clean, weight: norm, epsilon: 1e-6)),
            ] {
                for row in 0 ..< clean.rows where row != bad {
                    #expect(bits(Array(found.row(row))) == bits(Array(expected.row(row))), "row \(row) beside \(bad)")
                }
            }
        }
    }

    @Test("a lightning block in one call, row by row, or in random chunks", arguments: Kernels.names)
    func lightning(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (d, block) in [(16, 64), (17, 64), (96, 64), (24, 130)] {
            let head = Head(d: d, block: block)
            let whole = bits(head.lightning(compute, 0 ..< block))
            #expect(
                bits((0 ..< block).flatMap { head.lightning(compute, $0 ..< $0 + 1) }) == whole, "row by row, d = \(d)")
            for _ in 0 ..< 20 {
                var chunks: [Range<Int>] = [], first = 0
                while first < block {
                    let end = Int.random(in: first + 1 ... block)
                    chunks.append(first ..< end)
                    first = end
                }
                #expect(bits(chunks.flatMap { head.lightning(compute, $0) }) == whole, "d = \(d), chunks \(chunks)")
            }
        }
    }

    @Test("keys are stored at once, one by one, or in random chunks", arguments: Kernels.names)
    func storing(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (d, count) in [(16, 64), (7, 33), (128, 64), (33, 1)] {
            let rows = pattern(count * d, seed: 1), expected = bits(grouped(rows, d: d))
            var single = [Float](repeating: .nan, count: expected.count), chunks = single
            for row in 0 ..< count {
                compute.storeKeys(
                    &single, first: row, from: Array(rows[(row * d)...]), stride: d, count: 1, dimension: d)
            }
            var first = 0
            while first < count {
                let taken = Int.random(in: 1 ... count - first)
                compute.storeKeys(
                    &chunks, first: first, from: Array(rows[(first * d)...]), stride: d, count: taken, dimension: d)
                first += taken
            }
            #expect(bits(single) == expected && bits(chunks) == expected, "\(count) keys, d = \(d)")
        }
    }

    @Test("lightning rows do not depend on strides, nor on what a later row holds", arguments: Kernels.names)
    func lightningStrides(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let d = 20, block = 30, rows = 7 ..< 19, stride = 3 * d + 5
        let head = Head(d: d, block: block)
        /// q, k and v side by side in one row, NaN between them and in every row the call must not look at.
        var packed = [Float](repeating: .nan, count: block * stride)
        for row in 0 ..< rows.upperBound {
            for c in 0 ..< d {
                packed[row * stride + c] = rows.contains(row) ? head.q[row * d + c] : .nan
                packed[row * stride + d + c] = head.k[row * d + c]
                packed[row * stride + 2 * d + c] = head.v[row * d + c]
            }
        }
        let guardValue: Float = 1234.5
        var output = [Float](repeating: guardValue, count: rows.count * stride)
        packed.withUnsafeBufferPointer { packed in
            let base = packed.baseAddress!
            var keys = [Float](repeating: .nan, count: Kernels.keyFloats(block, dimension: d))
            compute.storeKeys(&keys, first: 0, from: base + d, stride: stride, count: rows.upperBound, dimension: d)
            compute.lightningRows(
                output: &output, outputStride: stride, query: base + rows.lowerBound * stride, queryStride: stride,
                keys: keys, values: base + 2 * d, valueStride: stride, state: head.state, decay: head.decay,
                first: rows.lowerBound, count: rows.count, dimension: d)
        }
        let expected = head.lightning(compute, rows)
        for row in 0 ..< rows.count {
            #expect(
                bits(Array(output[row * stride ..< row * stride + d]))
                    == bits(Array(expected[row * d ..< (row + 1) * d])), "row \(row)")
            #expect(
                output[row * stride + d ..< (row + 1) * stride].allSatisfy { $0 == guardValue },
                "row \(row) wrote beyond its end")
        }
    }

    @Test("an attention row does not depend on what lies behind the keys it sees", arguments: Kernels.names)
    func attention(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let d = 24, query = pattern(d, seed: 1), keys = pattern(64 * d, seed: 2), values = pattern(64 * d, seed: 3)
        for count in 1 ... 64 {
            let seen = count * d
            let poison = [Float](repeating: .nan, count: 64 * d - seen)
            var found = RunningSoftmax(d: d), expected = RunningSoftmax(d: d)
            found.add(
                compute, query: query, keys: keys[..<seen] + poison, values: values[..<seen] + poison, scale: 0.2,
                count: count)
            expected.add(compute, query: query, keys: keys, values: values, scale: 0.2, count: count)
            #expect(found.bitPatterns == expected.bitPatterns, "\(count) keys")
        }
    }

    @Test("attention rows in one call or one by one", arguments: Kernels.names)
    func attentionRows(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (d, count) in [(16, 64), (24, 7), (130, 33), (128, 64)] {
            let keys = pattern(count * d, seed: 2), values = pattern(count * d, seed: 3)
            for rows in 1 ... 9 {
                let queries = pattern(rows * d, seed: 1)
                var maxima = [Float](repeating: -.infinity, count: rows), sums = [Float](repeating: 0, count: rows),
                    outputs = [Float](repeating: 0, count: rows * d)
                compute.attentionPage(
                    maximum: &maxima, sum: &sums, output: &outputs, query: queries, keys: grouped(keys, d: d),
                    values: values, scale: 0.3, rows: rows,
                    places: 0 ..< count, dimension: d)
                for row in 0 ..< rows {
                    var alone = RunningSoftmax(d: d)
                    alone.add(
                        compute, query: Array(queries[row * d ..< (row + 1) * d]), keys: keys, values: values,
                        scale: 0.3, count: count)
                    #expect(
                        bits([maxima[row], sums[row]] + outputs[row * d ..< (row + 1) * d]) == alone.bitPatterns,
                        "row \(row) of \(rows), d = \(d)")
                }
            }
        }
    }

    @Test("an attention row that begins inside a page does not depend on what lies before", arguments: Kernels.names)
    func attentionWindow(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let d = 24, query = pattern(d, seed: 1), keys = pattern(64 * d, seed: 2), values = pattern(64 * d, seed: 3)
        for places in [1 ..< 64, 15 ..< 17, 16 ..< 32, 17 ..< 18, 40 ..< 64, 63 ..< 64] {
            func spoilt(_ rows: [Float]) -> [Float] { rows.indices.map { places.contains($0 / d) ? rows[$0] : .nan } }
            func run(_ keys: [Float], _ values: [Float]) -> [UInt32] {
                var row = RunningSoftmax(d: d)
                compute.attentionPage(
                    maximum: &row.maximum, sum: &row.sum, output: &row.output, query: query, keys: grouped(keys, d: d),
                    values: values,
                    scale: 0.2, rows: 1, places: places, dimension: d)
                return row.bitPatterns
            }
            #expect(run(spoilt(keys), spoilt(values)) == run(keys, values), "places \(places)")
        }
    }
}
