internal import Checkpoint
internal import Foundation
internal import Tensors

/// One lightning (linear) attention layer: spec 2.6 to 2.8, in canonical blocks.
///
/// H heads of d components, D the hidden size. The arithmetic of a row is the same whether it is one decode row or one of
/// thousands of prefill rows: its decayed query times the state at the start of its block, plus the rows of the open block
/// up to itself, in token order.
struct LightningAttention: Sendable {
    private let weights: LightningWeights
    private let outputNorm: [Float]             // (H * d)
    private let decays: [[Float]]               // (H, blockLength + 1): exp(-slope * m)
    private let headCount: Int
    private let headDimension: Int

    init(_ checkpoint: WeightFiles, layer: Int) throws {
        weights = try checkpoint.lightning(layer)
        outputNorm = weights.norm.floats()
        decays = checkpoint.config.decaySlopes(layer: layer).map { slope in
            (0 ... LightningState.blockLength).map { Float(exp(-Double(slope) * Double($0))) }
        }
        headCount = checkpoint.config.headCount
        headDimension = checkpoint.config.headDimension
    }

    /// Extends the states by the rows of `input` and returns this part's share of the out-projection.
    ///
    /// - Parameters:
    ///   - input: normed layer input, (rows, D).
    ///   - spans: whose rows they are, in order.
    /// - Returns: `partial` (rows, D), not yet divided by the output norm's root mean square; `squares` (rows) from which the
    ///   caller computes it over all parts.
    func attend(_ input: Tensor, _ spans: [(state: LightningState, rows: Range<Int>)], _ compute: Compute) -> (partial: Tensor, squares: [Float]) {
        var qkv = compute.linear(input, weights.qkv)                                    // (rows, H * 3 * d)
        compute.silu(&qkv)
        var mixed = Tensor(rows: input.rows, columns: headCount * headDimension)        // (rows, H * d)
        for span in spans { extend(span.state, with: qkv, rows: span.rows, into: &mixed, compute) }
        let squares = sumsOfSquares(mixed, compute)                                     // (rows)
        var gated = compute.linear(input, weights.outputGate)                           // (rows, H * d)
        compute.sigmoidMultiply(&gated, mixed, weight: outputNorm)
        return (compute.linear(gated, weights.out, parts: sumParts(of: headCount)), squares)
    }

    private func extend(_ state: LightningState, with qkv: Tensor, rows: Range<Int>, into mixed: inout Tensor, _ compute: Compute) {
        let d = headDimension, stride = mixed.columns
        unsafe mixed.values.withUnsafeMutableBufferPointer { output in
            unsafe qkv.values.withUnsafeBufferPointer { qkv in
                state.withMemory { memory in
                    compute.inParts(headCount) { heads in
                        for head in heads {
                            unsafe memory.extend(
                                head: head, decay: decays[head],
                                qkv: qkv.baseAddress! + rows.lowerBound * 3 * stride + head * 3 * d, qkvStride: 3 * stride,
                                output: output.baseAddress! + rows.lowerBound * stride + head * d, outputStride: stride,
                                start: state.length, count: rows.count, compute)
                        }
                    }
                }
            }
        }
        state.length += rows.count
    }

    /// Sums of squares over all heads: heads of one part in order, parts as a balanced tree, as the out-projection adds them.
    private func sumsOfSquares(_ mixed: Tensor, _ compute: Compute) -> [Float] {
        let parts = sumParts(of: headCount), perPart = headCount / parts
        let squares = Slots<Float>(count: mixed.rows)
        compute.inParts(mixed.rows, operations: mixed.columns) { rows in
            for row in rows {
                var sums = (0 ..< parts).map { part in
                    (part * perPart ..< (part + 1) * perPart).reduce(into: Float(0)) { sum, head in
                        sum += compute.sumOfSquares(mixed, row: row, columns: head * headDimension ..< (head + 1) * headDimension)
                    }
                }
                while sums.count > 1 { sums = stride(from: 0, to: sums.count, by: 2).map { sums[$0] + sums[$0 + 1] } }
                squares[row] = sums[0]
            }
        }
        return squares[0 ..< mixed.rows]
    }

    /// The state decayed to the session's last token, (H, d, d): what the recurrence of the spec holds there.
    func currentState(of state: LightningState) -> [Float] {
        state.withMemory { memory in
            (0 ..< headCount).flatMap { memory.current(head: $0, decay: decays[$0], open: state.length % LightningState.blockLength) }
        }
    }
}
