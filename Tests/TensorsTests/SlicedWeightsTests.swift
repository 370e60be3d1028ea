import Testing

@testable import Tensors

@Suite("Columns of a matrix") struct SlicedWeightsTests {
    @Test("are the matrix's own columns, in every form of weights, of any of its rows", arguments: ElementType.allCases)
    func columns(type: ElementType) {
        let rows = 7, columns = 256
        let stored = StoredWeights(rows: rows, columns: columns, type, pattern(rows * columns), offset: 3)
        for range in [0 ..< 64, 64 ..< 192, 192 ..< 256, 0 ..< 256] {
            let slice = stored.matrix.columns(range)
            let expected = (0 ..< rows).flatMap {
                stored.values[$0 * columns + range.lowerBound ..< $0 * columns + range.upperBound]
            }
            #expect(bits(slice.floats()) == bits(expected), "\(range)")
            #expect(
                bits(slice.rows(2 ..< 5).floats()) == bits(Array(expected[2 * range.count ..< 5 * range.count])),
                "rows of \(range)")
            #expect(
                bits(stored.matrix.rows(2 ..< 5).columns(range).floats())
                    == bits(Array(expected[2 * range.count ..< 5 * range.count])))
            #expect(
                bits(slice.columns(0 ..< 64).floats())
                    == bits(
                        (0 ..< rows).flatMap {
                            stored.values[$0 * columns + range.lowerBound ..< $0 * columns + range.lowerBound + 64]
                        }))
        }
    }

    @Test(
        "give shares of a product that add up to it, bit for bit, with every table", arguments: Kernels.names,
        ElementType.allCases)
    func products(table: String, type: ElementType) throws {
        let compute = Compute(kernels: try .table(table), threads: 2)
        let columns = 512, outputs = 40
        let weights = StoredWeights(
            rows: outputs, columns: columns, type, pattern(outputs * columns, seed: 1), offset: 1
        ).matrix
        for rows in [1, 2, 3, 9] {
            let input = Tensor(columns: columns, values: pattern(rows * columns, seed: 2))
            for count in [2, 4, 8] {
                var sums = (0 ..< count).map { slice in
                    let range = columns / count * slice ..< columns / count * (slice + 1)
                    let part = Tensor(
                        columns: range.count,
                        values: (0 ..< rows).flatMap {
                            input.values[$0 * columns + range.lowerBound ..< $0 * columns + range.upperBound]
                        })
                    return compute.linear(part, weights.columns(range), parts: 8 / count).values
                }
                while sums.count > 1 {
                    sums = (0 ..< sums.count / 2).map { zip(sums[2 * $0], sums[2 * $0 + 1]).map { $0 + $1 } }
                }
                #expect(
                    bits(sums[0]) == bits(compute.linear(input, weights, parts: 8).values),
                    "\(rows) rows, \(count) slices")
            }
        }
    }
}
