import Testing

@testable import Tensors

/// The scalar table is the definition; every other table must give the same bytes.
@Suite("Every table computes the same bytes as scalar") struct KernelTableTests {
    private static let others = Array(Kernels.names.dropFirst())
    private let scalar = Compute(kernels: .scalar, threads: 1)

    @Test("scalar comes first, the best last, and each is found by its name")
    func names() {
        #expect(Kernels.names.first == "scalar")
        #expect(Kernels.best.name == Kernels.names.last)
        #expect(Set(Kernels.names).count == Kernels.names.count)
        for name in Kernels.names { #expect(Kernels.named(name)?.name == name) }
        #expect(Kernels.named("abacus") == nil)
    }

    @Test(
        "linear, at odd sizes, all element types, unaligned weights, every cut of the sum", arguments: others,
        ElementType.allCases)
    func linear(name: String, elementType: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for K in oddSizes {
            for (rows, outputs) in [(1, 1), (1, 16), (1, 35), (2, 17), (3, 9), (4, 16), (5, 33), (9, 5)] {
                let x = Tensor(columns: K, values: pattern(rows * K, seed: 1))
                for offset in [0, 2] {
                    let weights = StoredWeights(
                        rows: outputs, columns: K, elementType, pattern(outputs * K, seed: 2), offset: offset)
                    for parts in [1, 2, 4, 8] where K % parts == 0 {
                        let expected = scalar.linear(x, weights.matrix, parts: parts)
                        let found = compute.linear(x, weights.matrix, parts: parts)
                        #expect(
                            bits(found) == bits(expected),
                            "(\(rows), \(K)) to \(outputs) outputs, offset \(offset), \(parts) parts")
                    }
                }
            }
        }
    }

    @Test("linear of infinities, NaN, denormals and overflow", arguments: others)
    func linearExtremes(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for K in [extremes.count, extremes.count + 13] {
            let x = Tensor(columns: K, values: (0 ..< 5 * K).map { extremes[$0 * 5 % extremes.count] })
            let weights = StoredWeights(
                rows: 19, columns: K, .float32,
                (0 ..< 19 * K).map { $0 % 3 == 0 ? extremes[$0 * 7 % extremes.count] : Float($0 % 11) - 5 })
            #expect(bits(compute.linear(x, weights.matrix)) == bits(scalar.linear(x, weights.matrix)), "K = \(K)")
        }
    }

    @Test("element by element, at odd sizes", arguments: others)
    func elementwise(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for count in oddSizes {
            for scale in [Float(1), 60] {        // 60: deep into both ends of the exponential
                try check(
                    compute, Tensor(columns: count, values: pattern(3 * count, seed: 1).map { $0 * scale }),
                    "\(count) columns, scale \(scale)")
            }
        }
    }

    @Test("element by element, for extreme values", arguments: others)
    func elementwiseExtremes(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for shift in 0 ..< extremes.count {        // every value meets every lane and every tail
            let values = (0 ..< extremes.count).map { extremes[($0 + shift) % extremes.count] }
            try check(compute, Tensor(columns: values.count, values: values), "shift \(shift)")
        }
    }

    private func check(_ compute: Compute, _ x: Tensor, _ place: Comment) throws {
        let other = Tensor(columns: x.columns, values: pattern(x.values.count, seed: 5))
        let weight = pattern(x.columns, seed: 6)
        func both(_ run: (Compute) throws -> [Float]) rethrows {
            #expect(try bits(run(compute)) == bits(run(scalar)), place)
        }
        func inPlace(_ run: (Compute, inout Tensor) -> Void) {
            both { compute in
                var x = x
                run(compute, &x)
                return x.values
            }
        }
        both { $0.rmsNorm(x, weight: weight, epsilon: 1e-5).values }
        both { $0.addScaled(3.5565588, x, 1.25, other).values }
        both {
            [
                $0.sumOfSquares(x, row: 0, columns: 0 ..< x.columns),
                $0.sumOfSquares(x, row: x.rows - 1, columns: x.columns / 3 ..< x.columns),
            ]
        }
        inPlace { $0.silu(&$1) }
        inPlace { $0.siluMultiply(&$1, other) }
        inPlace { $0.sigmoidMultiply(&$1, other, weight: weight) }
        inPlace { $0.addRow(other.rows - 1, of: other, times: 0.3, toRow: 0, of: &$1) }
    }

    @Test("lightning rows, at odd head dimensions and block lengths", arguments: others)
    func lightning(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for d in oddSizes where d <= 130 {
            for block in [1, 5, 64, 130] {
                let head = Head(d: d, block: block)
                #expect(
                    bits(head.lightning(compute, 0 ..< block)) == bits(head.lightning(scalar, 0 ..< block)),
                    "d = \(d), block \(block)")
            }
        }
    }

    @Test("attention pages, for every count of keys and odd head dimensions", arguments: others)
    func attention(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for d in oddSizes where d <= 130 {
            for count in [1, 2, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 150] {
                let query = pattern(d, seed: 1), keys = pattern(count * d, seed: 2),
                    values = pattern(count * d, seed: 3)
                for scale in [1 / Float(d).squareRoot(), 40] {
                    var found = RunningSoftmax(d: d), expected = RunningSoftmax(d: d)
                    found.addPages(compute, query: query, keys: keys, values: values, scale: scale)
                    expected.addPages(scalar, query: query, keys: keys, values: values, scale: scale)
                    #expect(found.bitPatterns == expected.bitPatterns, "d = \(d), \(count) keys, scale \(scale)")
                }
            }
        }
    }

    @Test("attention pages with extreme keys and values", arguments: others)
    func attentionExtremes(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (index, extreme) in extremes.enumerated() {
            var keys = pattern(40 * 24, seed: 2), values = pattern(40 * 24, seed: 3)
            keys[index * 24 + index] = extreme
            values[(39 - index) * 24 + index] = extreme
            var found = RunningSoftmax(d: 24), expected = RunningSoftmax(d: 24)
            found.addPages(compute, query: pattern(24, seed: 1), keys: keys, values: values, scale: 0.2)
            expected.addPages(scalar, query: pattern(24, seed: 1), keys: keys, values: values, scale: 0.2)
            #expect(found.bitPatterns == expected.bitPatterns, "with \(extreme)")
        }
    }
}
