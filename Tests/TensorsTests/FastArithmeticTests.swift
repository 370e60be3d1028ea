import Testing

@testable import Tensors

/// Fast arithmetic rounds activations, so it is near exact arithmetic, and a row's bytes still depend on that row
/// alone.
@Suite("Fast arithmetic") struct FastArithmeticTests {
    private static let cases = Kernels.supported.flatMap { kernels in
        ElementType.allCases.filter(kernels.isFast).map { (kernels.name, $0) }
    }

    /// How far one product may be off, as a share of its size: bfloat16 keeps 8 bits; int8 is off by half of a 127th of
    /// the largest of its group, which the pattern's other values are not far from.
    private func share(_ type: ElementType) -> Double { type == .bfloat16 ? 0x1p-8 : 1 / 127.0 }

    @Test("is near exact arithmetic, at odd sizes and unaligned weights", arguments: cases)
    func near(name: String, type: ElementType) throws {
        let kernels = try Kernels.table(name)
        let fast = Compute(kernels: kernels, arithmetic: .fast, threads: 2),
            exact = Compute(kernels: kernels, threads: 1)
        for K in oddSizes + [1000, 2304] {
            for rows in [1, 2, 3, 4, 5, 8, 9, 20] {
                let x = Tensor(columns: K, values: pattern(rows * K, seed: 1))
                let weights = StoredWeights(rows: 35, columns: K, type, pattern(35 * K, seed: 2), offset: 2)
                let found = fast.linear(x, weights.matrix), expected = exact.linear(x, weights.matrix)
                for row in 0 ..< rows {
                    for output in 0 ..< 35 {
                        let magnitude = (0 ..< K).reduce(0.0) {
                            $0 + 1.5 * abs(Double(weights.values[output * K + $1]))
                        }
                        let difference = abs(Double(found[row, output] - expected[row, output]))
                        #expect(
                            difference <= share(type) * magnitude,
                            "K = \(K), \(rows) rows, (\(row), \(output)): off by \(difference)")
                    }
                }
            }
        }
    }

    @Test("gives a row the same bytes alone and among others", arguments: cases)
    func rows(name: String, type: ElementType) throws {
        let fast = Compute(kernels: try .table(name), arithmetic: .fast, threads: 2)
        for K in [33, 136, 600] {
            let x = Tensor(columns: K, values: pattern(11 * K, seed: 1))
            let weights = StoredWeights(rows: 37, columns: K, type, pattern(37 * K, seed: 2)).matrix
            let whole = fast.linear(x, weights)
            for count in 1 ... 10 {
                for first in [0, 11 - count] {
                    let rows = first ..< first + count
                    #expect(
                        bits(fast.linear(x.rows(rows), weights)) == bits(whole.rows(rows)), "rows \(rows), K = \(K)")
                }
            }
        }
    }

    @Test("loses no NaN and no infinity, and gives zero for zero", arguments: cases)
    func extremes(name: String, type: ElementType) throws {
        let fast = Compute(kernels: try .table(name), arithmetic: .fast, threads: 1)
        let weights = StoredWeights(rows: 3, columns: 100, type, [Float](repeating: 1, count: 300)).matrix
        for bad in [Float.nan, .infinity, -.infinity] {
            var x = Tensor(rows: 1, columns: 100)
            #expect(fast.linear(x, weights).values == [0, 0, 0])
            x[0, 70] = bad
            #expect(fast.linear(x, weights).values.allSatisfy { !$0.isFinite }, "\(bad)")
        }
    }

    @Test("is exact where the instruction set has no such products", arguments: Kernels.names)
    func fallback(name: String) throws {
        let kernels = try Kernels.table(name)
        let x = Tensor(columns: 70, values: pattern(3 * 70, seed: 1))
        for type in ElementType.allCases where !kernels.isFast(type) {
            let weights = StoredWeights(rows: 9, columns: 70, type, pattern(9 * 70, seed: 2)).matrix
            let fast = Compute(kernels: kernels, arithmetic: .fast, threads: 1),
                exact = Compute(kernels: kernels, threads: 1)
            #expect(bits(fast.linear(x, weights)) == bits(exact.linear(x, weights)), "\(type)")
        }
    }
}
