import Testing

@testable import Tensors

@Suite("Products of several groups of rows in one") struct RowGroupTests {
    @Test(
        "have the bytes of a product for each group, whatever the threads, the sizes and the arithmetic",
        arguments: [1, 2, 3, 7])
    func groups(threads: Int) {
        for (outputs, sizes) in [
            (1, [1]), (40, [1, 1, 1]), (1000, [3, 1, 70, 2]), (16, [2, 1]), (600, [200, 1, 1, 1, 1, 1, 1, 1]),
        ] {
            let columns = 96, rows = sizes.reduce(0, +)
            let input = Tensor(columns: columns, values: (0 ..< rows * columns).map { Float($0 % 113 - 56) / 31 })
            for type in [ElementType.bfloat16, .float32] {
                let weights = sizes.indices.map { group in
                    StoredWeights(
                        rows: outputs, columns: columns, type,
                        (0 ..< outputs * columns).map { Float(($0 + 7 * group) % 61 - 30) / 16 }, offset: 0)
                }
                var first = 0
                let groups = zip(sizes, weights).map { size, weights in
                    defer { first += size }
                    return RowGroup(rows: first ..< first + size, weights: weights.matrix)
                }
                for arithmetic in Arithmetic.allCases {
                    let compute = Compute(arithmetic: arithmetic, threads: threads),
                        one = Compute(arithmetic: arithmetic, threads: 1)
                    let found = compute.linear(input, groups, outputs: outputs, parts: arithmetic == .exact ? 4 : 1)
                    let expected = groups.flatMap {
                        one.linear(input.rows($0.rows), $0.weights, parts: arithmetic == .exact ? 4 : 1).values
                    }
                    #expect(
                        bits(found.values) == bits(expected),
                        "\(type), \(arithmetic), \(outputs) outputs, groups of \(sizes)")
                }
            }
        }
    }

    @Test(
        "of several matrices of any shapes and types have the bytes of one product after the other",
        arguments: [1, 2, 3, 7])
    func matrices(threads: Int) {
        for (rows, shapes) in [
            (1, [40]), (1, [3000, 1000, 1000]), (2, [16, 1, 600]), (5, [700, 20]), (70, [600, 300, 1]),
        ] {
            let columns = 96
            let input = Tensor(columns: columns, values: (0 ..< rows * columns).map { Float($0 % 113 - 56) / 31 })
            for types in [[ElementType.bfloat16], [.float32], [.bfloat16, .float32]] {
                let weights = shapes.enumerated().map { index, outputs in
                    let values = (0 ..< outputs * columns).map { Float(($0 + 7 * index) % 61 - 30) / 16 }
                    return StoredWeights(rows: outputs, columns: columns, types[index % types.count], values, offset: 0)
                }
                for arithmetic in Arithmetic.allCases {
                    let compute = Compute(arithmetic: arithmetic, threads: threads),
                        one = Compute(arithmetic: arithmetic, threads: 1)
                    let found = compute.linear(input, each: weights.map(\.matrix)),
                        expected = weights.map { one.linear(input, $0.matrix) }
                    #expect(
                        found.map { bits($0.values) } == expected.map { bits($0.values) },
                        "\(types), \(arithmetic), \(rows) rows, \(shapes)")
                }
            }
        }
    }
}
