internal import Checkpoint
internal import Foundation
internal import Tensors

/// A part's heads of one lightning (linear) attention layer, in blocks of `ModelConfig.lightningBlockLength` tokens.
///
/// The part has H heads of d components; D is the hidden size. The arithmetic of a row is the same whether it is one
/// decode row or one of thousands of prefill rows: its decayed query times the state at the start of its block, plus
/// the rows of the open block up to itself, in token order.
struct LightningAttention: Sendable {
    private let weights: LightningWeights
    private let outputNorm: [Float]        // (H * d)
    private let decays: [[Float]]        // (H, blockLength + 1): exp(-slope * m)
    private let headCount: Int
    private let headDimension: Int
    /// Into how many sums a sum over the part's heads is cut, which are added as a tree.
    private let sums: Int

    init(_ checkpoint: WeightFiles, layer: Int, _ part: AttentionPart = .whole) throws {
        let config = checkpoint.config, heads = config.heads(of: part)
        weights = try checkpoint.lightning(layer, part)
        outputNorm = weights.norm.floats()
        decays = config.decaySlopes(layer: layer)[heads].map { slope in
            (0 ... LightningState.blockLength).map { Float(exp(-Double(slope) * Double($0))) }
        }
        headCount = heads.count
        headDimension = config.headDimension
        sums = sumParts(of: config.headCount) / part.count
    }

    /// About how many additions or the like `attend` takes.
    func operations(rows: Int, sequences: Int) -> Double {
        let weights = weights.qkv.count + weights.outputGate.count + weights.out.count
        return Compute.operations(rows: rows, weights: weights) + Double(sequences * headCount)
            * cost(rows: rows / max(1, sequences))
    }

    /// Extends the states by the rows of `input` and returns this part's share of the out-projection.
    ///
    /// - Parameters:
    ///   - input: normed layer input, (rows, D).
    ///   - spans: whose rows they are, in order.
    /// - Returns: `partial` (rows, D), not yet divided by the output norm's root mean square; `squares` (rows) from
    ///   which the caller computes it over all parts.
    func attend(
        _ input: Tensor, _ spans: [(state: LightningState, rows: Range<Int>)], _ compute: Compute
    ) -> (partial: Tensor, squares: [Float]) {
        var products = compute.linear(input, each: [weights.qkv, weights.outputGate])
        var gated = products.removeLast()        // (rows, H * d)
        var qkv = products.removeLast()        // (rows, H * 3 * d)
        compute.silu(&qkv)
        var mixed = Tensor(rows: input.rows, columns: headCount * headDimension)        // (rows, H * d)
        extend(spans, with: qkv, into: &mixed, compute)
        let squares = sumsOfSquares(mixed, compute)        // (rows)
        compute.sigmoidMultiply(&gated, mixed, weight: outputNorm)
        return (compute.linear(gated, weights.out, parts: sums), squares)
    }

    /// One head of one sequence through the sequence's new rows, the first of which is `row`.
    private struct Unit {
        let state: LightningState
        let head: Int
        let row: Int
        let count: Int
    }

    /// Carries all heads of all sequences on, side by side: first the decode rows, whose work is to read a state each,
    /// then the prefill rows.
    private func extend(
        _ spans: [(state: LightningState, rows: Range<Int>)], with qkv: Tensor, into mixed: inout Tensor,
        _ compute: Compute
    ) {
        let stride = mixed.columns
        for (state, rows) in spans { state.begin(rows.count) }
        let units = (spans.filter { $0.rows.count == 1 } + spans.filter { $0.rows.count != 1 }).flatMap { state, rows in
            (0 ..< headCount).map { Unit(state: state, head: $0, row: rows.lowerBound, count: rows.count) }
        }
        unsafe mixed.values.withUnsafeMutableBufferPointer { output in
            unsafe qkv.values.withUnsafeBufferPointer { qkv in
                compute.inRuns(costs: units.map { cost(rows: $0.count) }) { run in
                    for unit in units[run] {
                        unsafe unit.state.extend(
                            head: unit.head, decay: decays[unit.head],
                            qkv: qkv.baseAddress! + (unit.row * stride + unit.head * headDimension) * 3,
                            qkvStride: 3 * stride,
                            output: output.baseAddress! + unit.row * stride + unit.head * headDimension,
                            outputStride: stride,
                            count: unit.count, compute)
                    }
                }
            }
        }
        for (state, rows) in spans { state.end(rows.count) }
    }

    /// Multiplications and additions of one head; bringing its state from memory takes as long as some eight rows do
    /// that find it in a cache.
    private func cost(rows: Int) -> Double {
        let d = Double(headDimension)
        return Double(rows) * d * (d + Double(LightningState.blockLength)) + 8 * d * d
    }

    /// Sums of squares over the part's heads: heads of one sum in order, sums as a balanced tree, as the out-projection
    /// adds them.
    private func sumsOfSquares(_ mixed: Tensor, _ compute: Compute) -> [Float] {
        let headsOfSum = headCount / sums
        let squares = Slots<Float>(count: mixed.rows)
        compute.inParts(mixed.rows, operations: mixed.columns) { rows in
            for row in rows {
                var sums = (0 ..< sums).map { index in
                    (index * headsOfSum ..< (index + 1) * headsOfSum).reduce(into: Float(0)) { sum, head in
                        sum += compute.sumOfSquares(
                            mixed, row: row, columns: head * headDimension ..< (head + 1) * headDimension)
                    }
                }
                while sums.count > 1 { sums = stride(from: 0, to: sums.count, by: 2).map { sums[$0] + sums[$0 + 1] } }
                squares[row] = sums[0]
            }
        }
        return squares[0 ..< mixed.rows]
    }
}
