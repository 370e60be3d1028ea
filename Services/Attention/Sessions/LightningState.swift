internal import Checkpoint
internal import Tensors

/// One session's state in one lightning layer: S at the start of the open block, and the keys and values of the open block.
///
/// S changes only when a block closes, so decode reads it without writing it back, and a session can be cut back inside its open block.
/// Not `Sendable`: it belongs to the session store. While a layer works on it, several threads may use it at once, each for heads of its own.
final class LightningState {
    static let blockLength = ModelConfig.lightningBlockLength

    let headCount: Int
    let headDimension: Int
    /// Tokens seen so far. Changes when all heads have been carried on.
    var length: Int
    private let states: FloatMemory         // (H, d, d): key component, value component
    private let keys: FloatMemory           // (H, blockLength, d)
    private let values: FloatMemory         // (H, blockLength, d)

    /// - Parameter length: tokens seen so far, whose memory is still to be filled.
    init(headCount: Int, headDimension: Int, length: Int = 0) {
        self.length = length
        self.headCount = headCount
        self.headDimension = headDimension
        states = FloatMemory(count: headCount * headDimension * headDimension)
        keys = FloatMemory(count: headCount * Self.blockLength * headDimension)
        values = FloatMemory(count: headCount * Self.blockLength * headDimension)
    }

    /// What holds anything: the states, and of the open block the rows there are. In a fixed order.
    var usedMemory: [UnsafeMutableRawBufferPointer] {
        let block = Self.blockLength * headDimension, used = openRows * headDimension
        let open = unsafe (0 ..< headCount).flatMap { head in unsafe [keys, values].map { unsafe $0.bytes(head * block ..< head * block + used) } }
        return unsafe [states.bytes(0 ..< states.count)] + open
    }

    /// Rows of the open block.
    var openRows: Int { length % Self.blockLength }

    /// Carries one head through `count` new rows; `qkv` is the first row's q, followed by its k and v.
    func extend(
        head: Int, decay: [Float], qkv: UnsafePointer<Float>, qkvStride: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, count: Int, _ compute: Compute
    ) {
        let d = headDimension, blockLength = Self.blockLength
        let state = unsafe states.base + head * d * d
        let keys = unsafe self.keys.base + head * blockLength * d, values = unsafe self.values.base + head * blockLength * d
        var row = 0
        while row < count {
            let first = (length + row) % blockLength
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
        let d = headDimension
        for row in 0 ..< rows {
            for component in 0 ..< d { unsafe keys[row * d + component] *= decay[rows - 1 - row] }
        }
        unsafe closeLightningBlock(state: state, decay: decay[rows], keys: keys, keyStride: d, values: values, valueStride: d, count: rows, dimension: d)
    }

    /// A copy of one head's state, decayed through the rows of the open block.
    func current(head: Int, decay: [Float]) -> [Float] {
        let d = headDimension, place = head * Self.blockLength * d
        var state = unsafe Array(UnsafeBufferPointer(start: states.base + head * d * d, count: d * d))
        guard openRows > 0 else { return state }
        var keys = unsafe Array(UnsafeBufferPointer(start: self.keys.base + place, count: openRows * d))
        unsafe keys.withUnsafeMutableBufferPointer { keys in
            unsafe state.withUnsafeMutableBufferPointer { state in
                unsafe close(state.baseAddress!, keys.baseAddress!, values.base + place, rows: openRows, decay)
            }
        }
        return state
    }
}
