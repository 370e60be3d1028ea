import CKernels
import Foundation
import Testing

@testable import Tensors

/// Every input and output lies against a page that may not be touched, so a kernel that reads or writes one byte
/// outside crashes. That ends the whole run, with the kernel's name in the trace. (Exit tests would not: their monitor
/// and Foundation's Process, which other suites use, take each other's children.)
@Suite("No kernel leaves its inputs and outputs") struct KernelBoundsTests {
    @Test("linear, with tails in every dimension and unaligned weights")
    func linear() {
        for side in GuardedMemory.Side.allCases {
            for kernels in Kernels.supported {
                for K in oddSizes where K <= 130 {
                    for (rows, outputs) in [(1, 1), (1, 17), (2, 9), (3, 16), (5, 21)] {
                        for type in ElementType.allCases {
                            for parts in [1, 8] where K % parts == 0 {
                                runLinear(kernels, side, rows: rows, outputs: outputs, K: K, type, parts: parts)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("element by element")
    func elementwise() {
        for side in GuardedMemory.Side.allCases {
            for kernels in Kernels.supported {
                for count in 0 ... 70 {
                    let a = GuardedMemory(pattern(count, seed: 1), against: side),
                        b = GuardedMemory(pattern(count, seed: 2), against: side)
                    let y = GuardedMemory(byteCount: count * 4, against: side), table = kernels.table
                    table.scale_by(y.floats, a.floats, 0.5, b.floats, count)
                    table.add_scaled(y.floats, 2, a.floats, 3, b.floats, count)
                    precondition(table.sum_of_squares(a.floats, count) >= 0)
                    table.silu(y.floats, count)
                    table.silu_multiply(y.floats, a.floats, count)
                    table.sigmoid_multiply(y.floats, a.floats, b.floats, count)
                }
            }
        }
    }

    @Test("lightning rows, the closing of a block, the storing of keys")
    func lightning() {
        for side in GuardedMemory.Side.allCases {
            for kernels in Kernels.supported {
                for d in [1, 7, 15, 16, 17, 33, 63, 64, 65, 130] {
                    for (first, count) in [(0, 1), (0, 5), (4, 1), (15, 3), (60, 4), (0, 64), (70, 2)] {
                        let head = Head(d: d, block: first + count), stride = d + 5
                        /// Rows of `d` values with gaps between them, up to the last value of the last row.
                        func spread(_ values: ArraySlice<Float>) -> GuardedMemory {
                            let rows = values.count / d
                            let memory = GuardedMemory(byteCount: ((rows - 1) * stride + d) * 4, against: side)
                            for row in 0 ..< rows {
                                for c in 0 ..< d {
                                    memory.floats[row * stride + c] = values[values.startIndex + row * d + c]
                                }
                            }
                            return memory
                        }
                        let q = spread(head.q[(first * d)...]), v = spread(head.v[...])
                        let k = GuardedMemory(grouped(head.k, d: d), against: side)
                        let state = GuardedMemory(head.state, against: side),
                            decay = GuardedMemory(head.decay, against: side)
                        let out = GuardedMemory(byteCount: ((count - 1) * stride + d) * 4, against: side)
                        kernels.table.lightning_rows(
                            out.floats, stride, q.floats, stride, k.floats, v.floats, stride, state.floats,
                            decay.floats, first, count, d)
                        guard first == 0 else { continue }
                        kernels.table.lightning_close(state.floats, k.floats, v.floats, stride, decay.floats, count, d)
                        let rows = spread(head.k[...]),
                            keys = GuardedMemory(byteCount: Kernels.keyFloats(count, dimension: d) * 4, against: side)
                        kernels.table.store_keys(keys.floats, rows.floats, stride, 0, count, d)
                    }
                }
            }
        }
    }

    @Test("attention pages")
    func attention() {
        for side in GuardedMemory.Side.allCases {
            for kernels in Kernels.supported {
                for d in [1, 7, 15, 16, 17, 33, 64, 65, 130] {
                    for count in 0 ... Kernels.pageLength {
                        for first in [0, 5, 30] where first + count <= Kernels.pageLength {
                            let q = GuardedMemory(pattern(d, seed: 1), against: side)
                            let keys = GuardedMemory(
                                grouped(pattern((first + count) * d, seed: 2), d: d), against: side)
                            let values = GuardedMemory(pattern((first + count) * d, seed: 3), against: side)
                            let running = GuardedMemory([0, 0], against: side),
                                output = GuardedMemory(byteCount: d * 4, against: side)
                            kernels.table.attention_page(
                                running.floats, running.floats + 1, output.floats, q.floats, keys.floats, values.floats,
                                ElementType.float32.rawValue, 0.3, 1, first, count, d)
                            let places = first + count
                            let roundedKeys = GuardedMemory(
                                byteCount: Kernels.keyFloats(places, dimension: d) * 2, against: side)
                            let roundedValues = GuardedMemory(byteCount: places * d * 2, against: side)
                            for place in 0 ..< places {
                                kernels.table.store_rounded(
                                    roundedKeys.base.assumingMemoryBound(to: UInt16.self),
                                    roundedValues.base.assumingMemoryBound(to: UInt16.self), q.floats, q.floats, place,
                                    d)
                            }
                            kernels.table.attention_page(
                                running.floats, running.floats + 1, output.floats, q.floats, roundedKeys.base,
                                roundedValues.base, ElementType.bfloat16.rawValue, 0.3, 1, first, count, d)
                        }
                    }
                }
            }
        }
    }
}

private func runLinear(
    _ kernels: Kernels, _ side: GuardedMemory.Side, rows: Int, outputs: Int, K: Int, _ type: ElementType, parts: Int
) {
    // The strides leave gaps between rows, but none after the last.
    let xStride = K + 3, yStride = outputs + 2
    let x = GuardedMemory(pattern((rows - 1) * xStride + K), against: side)
    let y = GuardedMemory(byteCount: ((rows - 1) * yStride + outputs) * 4, against: side)
    let w = GuardedMemory(byteCount: outputs * type.rowByteCount(columns: K), against: side)
    let scales = GuardedMemory(byteCount: outputs * type.scaleCount(columns: K) * 2, against: side)
    store(pattern(outputs * K, seed: 1), as: type, columns: K, at: w.base, scales: scales.base)
    var weights = kernel_weights(elements: w.base, scales: scales.base, columns: K, stride: K, type: type.rawValue)
    kernels.table.linear(y.floats, yStride, x.floats, xStride, &weights, rows, outputs, parts)
    if let inputBytes = kernels.table.fast_input_bytes?(type.rawValue, K), inputBytes > 0 {
        let input = GuardedMemory(byteCount: inputBytes * rows, against: side)
        kernels.table.fast_input(input.base, x.floats, xStride, type.rawValue, rows, K)
        kernels.table.fast_linear(y.floats, yStride, input.base, &weights, rows, outputs)
    }
    for row in 0 ..< rows - 1 {
        for gap in outputs ..< yStride {
            precondition(y.floats[row * yStride + gap] == 0, "wrote between rows \(row) and \(row + 1)")
        }
    }
}
