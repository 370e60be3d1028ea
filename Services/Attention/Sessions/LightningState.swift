internal import Checkpoint
internal import Tensors

/// One session's state in one lightning layer: S at the start of the open block, and the keys and values of the open block.
///
/// S changes only when a block closes, so decode reads it without writing it back, and a session can be cut back inside its open block.
/// Not `Sendable`: it belongs to the session store.
final class LightningState {
    static let blockLength = ModelConfig.lightningBlockLength

    let headCount: Int
    let headDimension: Int
    /// Tokens seen so far.
    var length = 0
    private var state: [Float]          // (H, d, d): key component, value component
    private var keys: [Float]           // (H, blockLength, d)
    private var values: [Float]         // (H, blockLength, d)

    init(headCount: Int, headDimension: Int) {
        self.headCount = headCount
        self.headDimension = headDimension
        state = [Float](repeating: 0, count: headCount * headDimension * headDimension)
        keys = [Float](repeating: 0, count: headCount * Self.blockLength * headDimension)
        values = keys
    }

    /// Lends the memory; several threads may use it at once, each for heads of its own.
    func withMemory<R>(_ body: (LightningMemory) -> R) -> R {
        unsafe state.withUnsafeMutableBufferPointer { state in
            unsafe keys.withUnsafeMutableBufferPointer { keys in
                unsafe values.withUnsafeMutableBufferPointer { values in
                    unsafe body(LightningMemory(d: headDimension, state: state.baseAddress!, keys: keys.baseAddress!, values: values.baseAddress!))
                }
            }
        }
    }
}

/// The raw memory of a `LightningState` while a layer works on it; valid inside `withMemory` only.
@safe struct LightningMemory {
    let d: Int
    let state: UnsafeMutablePointer<Float>
    let keys: UnsafeMutablePointer<Float>
    let values: UnsafeMutablePointer<Float>

    private var blockLength: Int { LightningState.blockLength }

    /// Carries one head through `count` rows that begin at position `start`; `qkv` is the first row's q, followed by its k and v.
    func extend(
        head: Int, decay: [Float], qkv: UnsafePointer<Float>, qkvStride: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, start: Int, count: Int, _ compute: Compute
    ) {
        let state = unsafe state + head * d * d
        let keys = unsafe keys + head * blockLength * d, values = unsafe values + head * blockLength * d
        var row = 0
        while row < count {
            let first = (start + row) % blockLength
            let taken = min(blockLength - first, count - row)
            for index in 0 ..< taken {
                let source = unsafe qkv + (row + index) * qkvStride
                unsafe (keys + (first + index) * d).update(from: source + d, count: d)
                unsafe (values + (first + index) * d).update(from: source + 2 * d, count: d)
            }
            unsafe compute.lightningRows(
                output: output + row * outputStride, outputStride: outputStride, query: qkv + row * qkvStride, queryStride: qkvStride,
                key: keys, value: values, keyValueStride: d, state: state, decay: decay, first: first, count: taken, dimension: d)
            row += taken
            if first + taken == blockLength { unsafe close(state, keys, values, rows: blockLength, decay) }
        }
    }

    /// `S = exp(-s m) S + Σ_j (exp(-s (m - j)) k_j)ᵀ v_j`, j = 1...m; the keys are spent.
    private func close(
        _ state: UnsafeMutablePointer<Float>, _ keys: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>, rows: Int, _ decay: [Float]
    ) {
        for row in 0 ..< rows {
            for component in 0 ..< d { unsafe keys[row * d + component] *= decay[rows - 1 - row] }
        }
        unsafe closeLightningBlock(state: state, decay: decay[rows], keys: keys, keyStride: d, values: values, valueStride: d, count: rows, dimension: d)
    }

    /// A copy of one head's state, decayed through the `open` rows of the open block.
    func current(head: Int, decay: [Float], open: Int) -> [Float] {
        var state = unsafe Array(UnsafeBufferPointer(start: state + head * d * d, count: d * d))
        guard open > 0 else { return state }
        var keys = unsafe Array(UnsafeBufferPointer(start: keys + head * blockLength * d, count: open * d))
        unsafe keys.withUnsafeMutableBufferPointer { keys in
            unsafe state.withUnsafeMutableBufferPointer { state in
                unsafe close(state.baseAddress!, keys.baseAddress!, values + head * blockLength * d, rows: open, decay)
            }
        }
        return state
    }
}
