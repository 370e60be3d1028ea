import Tensors
import Testing

@testable import Attention

/// The worked example of the model's specification, section 7.2: one head, d = 2, three tokens, slope 0.25.
@Suite("Lightning attention") struct LightningTests {
    /// q, k, v of each token.
    static let tokens: [[Float]] = [
        [1, 0.5, 0.5, 1, 1, 2],
        [0.25, -1, 1, -0.5, 3, -1],
        [2, 1, -1, 2, 0.5, 4],
    ]
    static let outputs: [[Float]] = [
        [1, 2], [1.5685493148125207, -2.1129013703749586], [4.717664843246588, 1.2579214642434267],
    ]
    static let states: [[Float]] = [
        [0.5, 1, 1, 2],
        [3.3894003915357023, -0.22119921692859512, -0.7211992169285951, 2.05760156614281],
        [2.139667679070531, -4.172270123358771, 0.43832948510552616, 9.60246171096097],
    ]
    static let decay: [Float] = (0 ... LightningState.blockLength).map { Float(exponential(-0.25 * Double($0))) }

    static func exponential(_ x: Double) -> Double {        // by its series, so that nothing of the product is used
        (1 ... 80).reversed().reduce(1.0) { 1 + $0 * x / Double($1) }
    }

    /// Carries `rows` (q, k, v) through a fresh state that has seen `start` tokens of zeros, in pieces of `chunk`.
    private func run(start: Int, rows: [[Float]], chunk: Int, _ compute: Compute) -> (outputs: [Float], state: [Float])
    {
        let state = LightningState.fresh(headCount: 1, headDimension: 2)
        var outputs: [Float] = []
        let all = [[Float]](repeating: [Float](repeating: 0, count: 6), count: start) + rows
        var index = 0
        while index < all.count {
            let piece = all[index ..< min(index + chunk, all.count)]
            let qkv = piece.flatMap { $0 }
            var output = [Float](repeating: .nan, count: piece.count * 2)
            state.begin(piece.count)
            output.withUnsafeMutableBufferPointer { output in
                qkv.withUnsafeBufferPointer { qkv in
                    state.extend(
                        head: 0, decay: Self.decay, qkv: qkv.baseAddress!, qkvStride: 6, output: output.baseAddress!,
                        outputStride: 2,
                        count: piece.count, compute)
                }
            }
            state.end(piece.count)
            outputs += output
            index += piece.count
        }
        return (outputs, state.closed(head: 0, headDimension: 2, decay: Self.decay, compute))
    }

    @Test(
        "outputs and states are the example's, wherever the block's border falls", arguments: [0, 61, 62, 63, 64, 127])
    func workedExample(start: Int) {
        for kernels in Kernels.supported {
            for count in 1 ... 3 {
                let (outputs, state) = run(
                    start: start, rows: Array(Self.tokens.prefix(count)), chunk: 200,
                    Compute(kernels: kernels, threads: 1))
                for (found, expected) in zip(outputs.suffix(2 * count), Self.outputs.prefix(count).joined()) {
                    #expect(abs(found - expected) < 2e-6, "\(kernels.name), start \(start)")
                }
                for (found, expected) in zip(state, Self.states[count - 1]) {
                    #expect(abs(found - expected) < 4e-6, "\(kernels.name), start \(start), state after \(count)")
                }
            }
        }
    }

    @Test("any chunking gives the same bytes", arguments: [1, 2, 7, 63, 64, 65])
    func chunks(chunk: Int) {
        let rows: [[Float]] = (0 ..< 150).map { row in (0 ..< 6).map { Float((row * 31 + $0 * 17) % 23 - 11) / 7 } }
        let whole = run(start: 5, rows: rows, chunk: 1000, Compute(threads: 1)),
            pieces = run(start: 5, rows: rows, chunk: chunk, Compute(threads: 1))
        #expect(whole.outputs.map(\.bitPattern) == pieces.outputs.map(\.bitPattern))
        #expect(whole.state.map(\.bitPattern) == pieces.state.map(\.bitPattern))
    }

    @Test("the output norm and the gate are the example's")
    func normAndGate() {
        let compute = Compute(threads: 1)
        let output = Tensor(columns: 2, values: Self.outputs[2])
        #expect(
            abs(
                compute.sumOfSquares(output, row: 0, columns: 0 ..< 2)
                    - (4.717664843246588 * 4.717664843246588 + 1.2579214642434267 * 1.2579214642434267)) < 1e-5)
        var gated = Tensor(columns: 2, values: [0.5, -1])
        compute.sigmoidMultiply(&gated, output, weight: [1, 1])
        // Divided by the norm's root mean square, 3.4524431..., as the router does: (0.8505728311658666,
        // 0.09799065577393909).
        let scale: Float = 1.366471331586542 / 4.717664843246588
        #expect(abs(gated.values[0] * scale - 0.8505728311658666) < 1e-6)
        #expect(abs(gated.values[1] * scale - 0.09799065577393909) < 1e-6)
    }
}
