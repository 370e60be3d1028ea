import Foundation
import Testing

@testable import Tensors

/// Against plain loops in Double. A sum's tolerance grows with its length and with the size of its terms, not with its
/// result.
@Suite("Kernels agree with arithmetic in Double") struct KernelAccuracyTests {
    /// How far a float32 sum of `count` terms whose magnitudes add up to `magnitude` may be off: one rounding a step of
    /// a lane, and the tree.
    private func tolerance(_ count: Int, _ magnitude: Double) -> Double {
        Double(count / 16 + 8) * 0x1p-24 * magnitude + 1e-44
    }

    @Test("linear", arguments: Kernels.names, ElementType.allCases)
    func linear(name: String, elementType: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 2)
        for K in oddSizes + [1000, 4096] {
            let x = Tensor(columns: K, values: pattern(3 * K, seed: 1))
            let weights = StoredWeights(rows: 18, columns: K, elementType, pattern(18 * K, seed: 2), offset: 2)
            let y = compute.linear(x, weights.matrix, parts: sumParts(of: K))
            #expect(y.rows == 3 && y.columns == 18)
            for row in 0 ..< 3 {
                for output in 0 ..< 18 {
                    var sum = 0.0, magnitude = 0.0
                    for k in 0 ..< K {
                        let term = Double(x.values[row * K + k]) * Double(weights.values[output * K + k])
                        sum += term
                        magnitude += abs(term)
                    }
                    let found = Double(y[row, output])
                    #expect(
                        abs(found - sum) <= tolerance(K, magnitude),
                        "K = \(K), row \(row), output \(output): \(found), in Double \(sum)")
                }
            }
        }
    }

    @Test("RMSNorm and sums of squares", arguments: Kernels.names)
    func rmsNorm(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 2)
        for columns in oddSizes {
            let x = Tensor(columns: columns, values: pattern(4 * columns, seed: 1)), weight = pattern(columns, seed: 2)
            let y = compute.rmsNorm(x, weight: weight, epsilon: 1e-5)
            for row in 0 ..< 4 {
                let squares = x.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }
                #expect(
                    abs(Double(compute.sumOfSquares(x, row: row, columns: 0 ..< columns)) - squares)
                        <= tolerance(columns, squares))
                let scale = 1 / (squares / Double(columns) + 1e-5).squareRoot()
                for column in 0 ..< columns {
                    let expected = Double(x[row, column]) * scale * Double(weight[column])
                    #expect(
                        abs(Double(y[row, column]) - expected) <= tolerance(columns, abs(expected)),
                        "(\(row), \(column)) of \(columns)")
                }
            }
        }
    }

    @Test("sums of squares take the columns they are told", arguments: Kernels.names)
    func squaresOfColumns(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let x = Tensor(columns: 6, values: (1 ... 12).map(Float.init))
        #expect(compute.sumOfSquares(x, row: 1, columns: 2 ..< 5) == 81 + 100 + 121)
        #expect(compute.sumOfSquares(x, row: 0, columns: 3 ..< 3) == 0)
    }

    @Test("sigmoid is within 4 ulp from -87 to 88", arguments: Kernels.names)
    func sigmoid(name: String) throws {
        let x = grid(from: -87, through: 88)
        let compute = Compute(kernels: try .table(name), threads: 1)
        let one = Tensor(columns: x.count, values: [Float](repeating: 1, count: x.count))
        var y = Tensor(columns: x.count, values: x)
        compute.sigmoidMultiply(&y, one, weight: one.values)
        #expect(worst(y.values, x) { 1 / (1 + exp(-$0)) } <= 4)
    }

    @Test("silu is within 5 ulp from -87 to 88", arguments: Kernels.names)
    func silu(name: String) throws {
        let x = grid(from: -87, through: 88)
        var y = Tensor(columns: x.count, values: x), gated = y
        let compute = Compute(kernels: try .table(name), threads: 1)
        compute.silu(&y)
        #expect(worst(y.values, x) { $0 / (1 + exp(-$0)) } <= 5)
        compute.siluMultiply(&gated, Tensor(columns: x.count, values: [Float](repeating: 3, count: x.count)))
        #expect(worst(gated.values, x) { 3 * $0 / (1 + exp(-$0)) } <= 6)
    }

    @Test("the exponential of the softmax is within 2 ulp from -87 to 0, and exact at 0", arguments: Kernels.names)
    func exponential(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let x = grid(from: -87, through: 0)
        let y = x.map { x in
            var row = RunningSoftmax(d: 1)
            row.maximum = 0
            row.add(compute, query: [x], keys: [1], values: [1], scale: 1, count: 1)
            return row.sum        // 0 · e^0 + e^x
        }
        #expect(worst(y, x) { exp($0) } <= 2)
        #expect(y.last == 1)
    }

    /// 60,000 steps that are no round numbers, ends included.
    private func grid(from low: Float, through high: Float) -> [Float] {
        (0 ..< 60_000).map { low + (high - low) * Float($0) / 60_000 } + [high]
    }

    /// The largest error in units of the last place of the true value.
    private func worst(_ found: [Float], _ x: [Float], _ function: (Double) -> Double) -> Double {
        zip(found, x).map { found, x in
            let expected = function(Double(x))
            return abs(Double(found) - expected) / Double(max(Float(expected).ulp, .leastNonzeroMagnitude))
        }.max() ?? 0
    }

    @Test("lightning rows", arguments: Kernels.names)
    func lightning(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (d, block) in [(1, 3), (7, 64), (17, 33), (65, 20)] {
            let head = Head(d: d, block: block)
            let found = head.lightning(compute, 0 ..< block)
            for i in 0 ..< block {
                for c in 0 ..< d {
                    var sum = 0.0, magnitude = 0.0
                    func add(_ term: Double, _ size: Double) {
                        sum += term
                        magnitude += size
                    }
                    for key in 0 ..< d {
                        let term =
                            Double(head.q[i * d + key]) * Double(head.state[key * d + c]) * Double(head.decay[i + 1])
                        add(term, abs(term))
                    }
                    for j in 0 ... i {
                        for key in 0 ..< d {
                            let term =
                                Double(head.q[i * d + key]) * Double(head.k[j * d + key]) * Double(head.decay[i - j])
                                * Double(head.v[j * d + c])
                            add(term, abs(term))
                        }
                    }
                    #expect(
                        abs(Double(found[i * d + c]) - sum) <= tolerance(16 * (d + i), magnitude),
                        "d = \(d), row \(i), component \(c)")
                }
            }
        }
    }

    @Test("online softmax over pages is softmax", arguments: Kernels.names)
    func attention(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for (d, count) in [(1, 1), (16, 5), (17, 64), (33, 150), (128, 200)] {
            let query = pattern(d, seed: 1), keys = pattern(count * d, seed: 2), values = pattern(count * d, seed: 3)
            let scale = 1 / Float(d).squareRoot()
            var row = RunningSoftmax(d: d)
            row.addPages(compute, query: query, keys: keys, values: values, scale: scale)
            let scores = (0 ..< count).map { p in
                (0 ..< d).reduce(0.0) { $0 + Double(query[$1]) * Double(keys[p * d + $1]) } * Double(scale)
            }
            let largest = scores.max()!
            let sum = scores.reduce(0) { $0 + exp($1 - largest) }
            #expect(abs(Double(row.maximum) - largest) <= 1e-5)
            for c in 0 ..< d {
                let expected = (0 ..< count).reduce(0.0) {
                    $0 + exp(scores[$1] - largest) / sum * Double(values[$1 * d + c])
                }
                #expect(
                    abs(Double(row.output[c] / row.sum) - expected) <= 1e-5, "d = \(d), \(count) keys, component \(c)")
            }
        }
    }
}
