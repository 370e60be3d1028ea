internal import Checkpoint
internal import Tensors

/// One session's state in one lightning layer: S at the start of the open block, and the keys and values of the open
/// block.
///
/// S changes only when a block closes, so decode reads it without writing it back, and a session can be cut back inside
/// its open block. Not `Sendable`: it belongs to the session store. While a layer works on it, several threads may use
/// it at once, each for heads of its own.
final class LightningState {
    static let blockLength = ModelConfig.lightningBlockLength

    let headCount: Int
    let headDimension: Int
    /// Tokens seen so far. Changes when all heads have been carried on.
    var length: Int
    private let states: FloatMemory        // (H, d, d): key component, value component
    private let keys: FloatMemory        // (H, blockLength, d) in groups
    private let values: FloatMemory        // (H, blockLength, d)

    /// - Parameter length: tokens seen so far, whose memory is still to be filled.
    init(headCount: Int, headDimension: Int, length: Int = 0) {
        self.length = length
        self.headCount = headCount
        self.headDimension = headDimension
        states = FloatMemory(count: headCount * headDimension * headDimension)
        keys = FloatMemory(count: headCount * Self.blockLength * headDimension)
        values = FloatMemory(count: headCount * Self.blockLength * headDimension)
    }

    /// The memory in use, in a fixed order: the states, and of the open block the groups of keys and the values that
    /// there are.
    var usedMemory: [UnsafeMutableRawBufferPointer] {
        let block = Self.blockLength * headDimension
        let used = [(keys, Kernels.keyFloats(openRows, dimension: headDimension)), (values, openRows * headDimension)]
        let open = unsafe (0 ..< headCount).flatMap { head in
            unsafe used.map { memory, count in unsafe memory.bytes(head * block ..< head * block + count) }
        }
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
        let keys = unsafe self.keys.base + head * blockLength * d,
            values = unsafe self.values.base + head * blockLength * d
        var row = 0
        while row < count {
            let first = (length + row) % blockLength
            let taken = min(blockLength - first, count - row)
            let source = unsafe qkv + row * qkvStride
            unsafe compute.storeKeys(
                keys, first: first, from: source + d, stride: qkvStride, count: taken, dimension: d)
            for index in 0 ..< taken {
                unsafe (values + (first + index) * d).update(from: source + index * qkvStride + 2 * d, count: d)
            }
            unsafe compute.lightningRows(
                output: output + row * outputStride, outputStride: outputStride, query: source, queryStride: qkvStride,
                keys: keys, values: values, valueStride: d, state: state, decay: decay, first: first, count: taken,
                dimension: d)
            row += taken
            guard first + taken == blockLength else { continue }
            unsafe compute.closeLightningBlock(
                state: state, keys: keys, values: values, valueStride: d, decay: decay, count: blockLength, dimension: d
            )
        }
    }

    /// A copy of one head's state, decayed through the rows of the open block.
    func current(head: Int, decay: [Float], _ compute: Compute) -> [Float] {
        let d = headDimension, place = head * Self.blockLength * d
        var state = unsafe Array(UnsafeBufferPointer(start: states.base + head * d * d, count: d * d))
        unsafe compute.closeLightningBlock(
            state: &state, keys: keys.base + place, values: values.base + place, valueStride: d, decay: decay,
            count: openRows, dimension: d)
        return state
    }
}
