import Checkpoint
import Foundation
import Tensors
import Testing

@testable import Attention

@Suite("A whole lightning layer") struct LightningLayerTests {
    /// Of 6 heads, by the paper on ALiBi: those of 4 heads, then every other one of those of 8.
    private static let slopes: [Double] = [0x1p-2, 0x1p-4, 0x1p-6, 0x1p-8, 0x1p-1, 0x1p-3]

    private static let files = try! Fixture.files("mixed-original")
    private static let headCount = 6, d = 16

    private func fresh() -> LightningState { .fresh(headCount: Self.headCount, headDimension: Self.d) }

    /// What the layer must give: its share before the norm's division, each row's sum of squares, each head's state.
    private func expected(
        _ input: Tensor, layer: Int
    ) throws -> (partial: Formulas.Matrix, squares: [Double], states: [Formulas.Matrix]) {
        let weights = try Self.files.lightning(layer), d = Self.d
        let qkv = Formulas.product(input.inDouble, weights.qkv).map { $0.map(Formulas.silu) }
        let factor = 1 - Double(layer) / 2 + 1e-5        // three layers
        let heads = (0 ..< Self.headCount).map { head in
            let part = { (index: Int) in Formulas.head(3 * head + index, of: qkv, d) }
            return Formulas.lightningHead(q: part(0), k: part(1), v: part(2), slope: Self.slopes[head] * factor)
        }
        let mixed = qkv.indices.map { row in heads.flatMap { $0.outputs[row] } }
        let norm = weights.norm.floats().map(Double.init)
        let gated = zip(mixed, Formulas.product(input.inDouble, weights.outputGate)).map { row, gate in
            row.indices.map { Formulas.sigmoid(gate[$0]) * row[$0] * norm[$0] }
        }
        let squares = mixed.map { Formulas.dot($0, $0) }
        return (Formulas.product(gated, weights.out), squares, heads.map { $0.state })
    }

    @Test(
        "is its formula in Double around the borders of blocks, in the first layer and in the last",
        arguments: [
            1, 2, 63, 64, 65, 127, 128, 129, 200,
        ])
    func formula(rows: Int) throws {
        let compute = Compute(threads: 1)
        let input = Tensor(columns: 40, values: pattern(rows * 40, seed: rows))
        for index in [0, 2] {
            let layer = try LightningAttention(Self.files, layer: index), state = fresh()
            let found = layer.attend(input, [(state, 0 ..< rows)], compute)
            let expected = try expected(input, layer: index)
            #expect(relativeDifference(found.partial.values, expected.partial.flatMap { $0 }) < 2e-5, "layer \(index)")
            #expect(relativeDifference(found.squares, expected.squares) < 2e-5, "layer \(index)")
            let states = Self.files.config.decaySlopes(layer: index).enumerated().flatMap { head, slope in
                let decay = (0 ... LightningState.blockLength).map { Float(exp(-Double(slope) * Double($0))) }
                return state.closed(head: head, headDimension: Self.d, decay: decay, compute)
            }
            #expect(relativeDifference(states, expected.states.joined().flatMap { $0 }) < 2e-5, "layer \(index)")
            #expect(state.length == rows)
        }
    }

    @Test("gives the same bytes, and comes to the same memory, however its rows are cut into calls")
    func chunks() throws {
        let compute = Compute(threads: 1), layer = try LightningAttention(Self.files, layer: 0)
        let input = Tensor(columns: 40, values: pattern(260 * 40, seed: 3)), whole = fresh()
        let expected = layer.attend(input, [(whole, 0 ..< 260)], compute)
        let shape = LightningShape(headCount: Self.headCount, headDimension: Self.d)
        for lengths in cuts(of: 260) {
            var partial: [Float] = [], squares: [Float] = [], first = 0
            let state = fresh()
            for length in lengths {
                let answer = layer.attend(input.rows(first ..< first + length), [(state, 0 ..< length)], compute)
                partial += answer.partial.values
                squares += answer.squares
                first += length
            }
            let isSame = bits(partial) == bits(expected.partial.values) && bits(squares) == bits(expected.squares)
            #expect(isSame, "cut into \(lengths)")
            #expect(state.values(shape) == whole.values(shape), "cut into \(lengths)")
        }
    }

    @Test("reads nothing of the rows that come later")
    func causality() throws {
        let compute = Compute(threads: 1), layer = try LightningAttention(Self.files, layer: 0)
        var input = Tensor(columns: 40, values: pattern(130 * 40, seed: 4))
        let before = layer.attend(input, [(fresh(), 0 ..< 130)], compute)
        for column in 0 ..< 40 { input[100, column] = 50 }
        let after = layer.attend(input, [(fresh(), 0 ..< 130)], compute)
        #expect(bits(before.partial.rows(0 ..< 100).values) == bits(after.partial.rows(0 ..< 100).values))
        #expect((100 ..< 130).allSatisfy { bits(before.partial.row($0)) != bits(after.partial.row($0)) })
    }
}

@Suite("A lightning layer's state") struct LightningStateTests {
    private static let heads = 2, d = 4
    private static let decay = (0 ... LightningState.blockLength).map { Float(exp(-0.1 * Double($0))) }

    /// Carries both heads through rows `range` of one long row of q, k and v.
    @discardableResult private func extend(_ state: LightningState, _ range: Range<Int>) -> [Float] {
        let width = Self.heads * Self.d, compute = Compute(threads: 1)
        let qkv = pattern(range.upperBound * 3 * width, seed: 8)
        var output = [Float](repeating: .nan, count: range.count * width)
        state.begin(range.count)
        output.withUnsafeMutableBufferPointer { output in
            qkv.withUnsafeBufferPointer { qkv in
                for head in 0 ..< Self.heads {
                    state.extend(
                        head: head, decay: Self.decay,
                        qkv: qkv.baseAddress! + (range.lowerBound * width + head * Self.d) * 3, qkvStride: 3 * width,
                        output: output.baseAddress! + head * Self.d, outputStride: width, count: range.count, compute)
                }
            }
        }
        state.end(range.count)
        return output
    }

    @Test("changes only when a block closes: decode reads it without writing it back")
    func openBlock() {
        let state = LightningState.fresh(headCount: Self.heads, headDimension: Self.d)
        var matrices = bits(state.matrices)
        #expect(matrices.allSatisfy { $0 == 0 })
        for row in 0 ..< 200 {
            extend(state, row ..< row + 1)
            let now = bits(state.matrices)
            #expect((now == matrices) == ((row + 1) % LightningState.blockLength != 0), "row \(row)")
            matrices = now
        }
    }

    @Test("each head writes its own outputs and no others")
    func strides() {
        let state = LightningState.fresh(headCount: Self.heads, headDimension: Self.d)
        #expect(extend(state, 0 ..< 70).allSatisfy { $0.isFinite })
    }
}
