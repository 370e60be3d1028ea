import Foundation
import Testing

@testable import Tensors

/// A block's keys and values become part of the state: `lightning_close` in kernels.h.
@Suite("Closing a lightning block") struct LightningCloseTests {
    @Test("is the decayed sum of outer products", arguments: Kernels.names, [1, 7, 16, 33, 96, 128])
    func products(name: String, d: Int) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        for count in [1, 5, 64] {
            let head = Head(d: d, block: 64), found = head.close(compute, count: count)
            for a in 0 ..< d {
                for b in 0 ..< d {
                    var sum = Double(head.decay[count]) * Double(head.state[a * d + b]), magnitude = abs(sum)
                    for row in 0 ..< count {
                        let term =
                            Double(head.decay[count - 1 - row]) * Double(head.k[row * d + a])
                            * Double(head.v[row * d + b])
                        sum += term
                        magnitude += abs(term)
                    }
                    #expect(
                        abs(Double(found[a * d + b]) - sum) <= Double(count + 2) * 0x1p-24 * magnitude,
                        "(\(a), \(b)) of \(count) rows")
                }
            }
        }
    }

    @Test("gives the scalar table's bytes, for any stride of the values", arguments: Kernels.names)
    func sameBytes(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1), scalar = Compute(kernels: .scalar, threads: 1)
        for d in oddSizes where d <= 130 {
            let head = Head(d: d, block: 64)
            for count in [0, 1, 15, 16, 17, 40, 64] {
                let expected = bits(head.close(scalar, count: count))
                for stride in [d, d + 1, 3 * d + 7] {
                    #expect(
                        bits(head.close(compute, count: count, stride: stride)) == expected,
                        "d = \(d), \(count) rows, stride \(stride)")
                }
            }
        }
    }

    @Test("block after block, with lightning rows between, is the plain recurrence", arguments: Kernels.names)
    func recurrence(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let d = 12, block = 16, blocks = 4, rate = 0.97
        let decay = (0 ... block).map { Float(pow(rate, Double($0))) }
        let q = pattern(blocks * block * d, seed: 1), k = pattern(blocks * block * d, seed: 2),
            v = pattern(blocks * block * d, seed: 3)
        var state = [Float](repeating: 0, count: d * d)
        var plain = [Double](repeating: 0, count: d * d)
        for b in 0 ..< blocks {
            let rows = b * block * d ..< (b + 1) * block * d
            let blockQ = Array(q[rows]), blockV = Array(v[rows])
            let blockK = grouped(Array(k[rows]), d: d)
            var output = [Float](repeating: .nan, count: block * d)
            compute.lightningRows(
                output: &output, outputStride: d, query: blockQ, queryStride: d, keys: blockK, values: blockV,
                valueStride: d,
                state: state, decay: decay, first: 0, count: block, dimension: d)
            compute.closeLightningBlock(
                state: &state, keys: blockK, values: blockV, valueStride: d, decay: decay, count: block, dimension: d)

            for row in 0 ..< block {
                let base = (b * block + row) * d
                for a in 0 ..< d {
                    for c in 0 ..< d {
                        plain[a * d + c] = rate * plain[a * d + c] + Double(k[base + a]) * Double(v[base + c])
                    }
                }
                for c in 0 ..< d {
                    let expected = (0 ..< d).reduce(0.0) { $0 + Double(q[base + $1]) * plain[$1 * d + c] }
                    #expect(
                        abs(Double(output[row * d + c]) - expected) <= 2e-5 * (1 + abs(expected)),
                        "block \(b), row \(row), component \(c)")
                }
            }
            for index in state.indices {
                #expect(
                    abs(Double(state[index]) - plain[index]) <= 2e-5 * (1 + abs(plain[index])),
                    "state \(index) after block \(b)")
            }
        }
    }
}

extension Head {
    /// The state after the first `count` rows, of which the values lie `stride` apart, with NaN in the gaps.
    fileprivate func close(_ compute: Compute, count: Int, stride: Int? = nil) -> [Float] {
        let stride = stride ?? d
        var state = state, values = [Float](repeating: .nan, count: block * stride)
        for row in 0 ..< count {
            for c in 0 ..< d { values[row * stride + c] = v[row * d + c] }
        }
        compute.closeLightningBlock(
            state: &state, keys: grouped(Array(k[..<(count * d)]), d: d), values: values, valueStride: stride,
            decay: decay,
            count: count, dimension: d)
        return state
    }
}
