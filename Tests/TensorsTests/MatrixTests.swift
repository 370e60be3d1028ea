import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Tensors

/// Closing a lightning block: `state = decay · state + keysᵀ · values`.
@Suite("Closing a lightning block") struct MatrixTests {
    /// Set once and before any product, as a service does.
    private static let oneThread: Void = useOneBLASThread()

    init() { Self.oneThread }

    @Test("is the sum of outer products", arguments: [1, 7, 16, 33, 96, 128], [1, 5, 64])
    func products(d: Int, count: Int) {
        let head = Head(d: d, block: count)
        let found = close(head, decay: 0.75)
        for a in 0 ..< d {
            for b in 0 ..< d {
                var sum = 0.75 * Double(head.state[a * d + b]), magnitude = abs(sum)
                for row in 0 ..< count {
                    let term = Double(head.k[row * d + a]) * Double(head.v[row * d + b])
                    sum += term
                    magnitude += abs(term)
                }
                #expect(abs(Double(found[a * d + b]) - sum) <= Double(count + 2) * 0x1p-24 * magnitude, "(\(a), \(b))")
            }
        }
    }

    @Test("gives the same bytes for any stride, place in memory and number of threads at work")
    func sameBytes() {
        for d in [16, 24, 33, 96, 128] {
            let head = Head(d: d, block: 64)
            let expected = bits(close(head, decay: 0.5))
            for (offset, stride) in [(0, d), (1, d), (3, d + 1), (5, 3 * d), (2, 3 * d + 7)] {
                #expect(bits(close(head, decay: 0.5, offset: offset, stride: stride)) == expected, "d = \(d), offset \(offset), stride \(stride)")
            }
            let same = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: 32) { _ in
                if bits(close(head, decay: 0.5)) == expected { same.add(1, ordering: .relaxed) }
            }
            let count = same.load(ordering: .relaxed)
            #expect(count == 32, "d = \(d)")
        }
    }

    @Test("block after block, with lightning rows between, is the plain recurrence", arguments: Kernels.names)
    func recurrence(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        let d = 12, block = 16, blocks = 4, rate = 0.97
        let decay = (0 ... block).map { Float(pow(rate, Double($0))) }
        let q = pattern(blocks * block * d, seed: 1), k = pattern(blocks * block * d, seed: 2), v = pattern(blocks * block * d, seed: 3)
        var state = [Float](repeating: 0, count: d * d)
        var plain = [Double](repeating: 0, count: d * d)
        for b in 0 ..< blocks {
            let rows = b * block * d ..< (b + 1) * block * d
            let blockQ = Array(q[rows]), blockV = Array(v[rows])
            var blockK = Array(k[rows])
            var output = [Float](repeating: .nan, count: block * d)
            compute.lightningRows(
                output: &output, outputStride: d, query: blockQ, queryStride: d, key: blockK, value: blockV, keyValueStride: d,
                state: state, decay: decay, first: 0, count: block, dimension: d)
            for row in 0 ..< block {
                for c in 0 ..< d { blockK[row * d + c] *= decay[block - 1 - row] }
            }
            closeLightningBlock(state: &state, decay: decay[block], keys: blockK, keyStride: d, values: blockV, valueStride: d, count: block, dimension: d)

            for row in 0 ..< block {
                let base = (b * block + row) * d
                for a in 0 ..< d {
                    for c in 0 ..< d { plain[a * d + c] = rate * plain[a * d + c] + Double(k[base + a]) * Double(v[base + c]) }
                }
                for c in 0 ..< d {
                    let expected = (0 ..< d).reduce(0.0) { $0 + Double(q[base + $1]) * plain[$1 * d + c] }
                    #expect(abs(Double(output[row * d + c]) - expected) <= 2e-5 * (1 + abs(expected)), "block \(b), row \(row), component \(c)")
                }
            }
            for index in state.indices { #expect(abs(Double(state[index]) - plain[index]) <= 2e-5 * (1 + abs(plain[index])), "state \(index) after block \(b)") }
        }
    }

    /// The head's keys and values laid out with `stride` from `offset` on, NaN in the gaps.
    private func close(_ head: Head, decay: Float, offset: Int = 0, stride: Int? = nil) -> [Float] {
        let stride = stride ?? head.d
        func spread(_ rows: [Float]) -> [Float] {
            var result = [Float](repeating: .nan, count: offset + head.block * stride)
            for row in 0 ..< head.block {
                for c in 0 ..< head.d { result[offset + row * stride + c] = rows[row * head.d + c] }
            }
            return result
        }
        var state = [Float](repeating: .nan, count: offset) + head.state
        state.withUnsafeMutableBufferPointer { state in
            spread(head.k).withUnsafeBufferPointer { keys in
                spread(head.v).withUnsafeBufferPointer { values in
                    closeLightningBlock(
                        state: state.baseAddress! + offset, decay: decay, keys: keys.baseAddress! + offset, keyStride: stride,
                        values: values.baseAddress! + offset, valueStride: stride, count: head.block, dimension: head.d)
                }
            }
        }
        return Array(state[offset...])
    }
}
