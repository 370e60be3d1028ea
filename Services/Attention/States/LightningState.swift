internal import Checkpoint
internal import Tensors

/// One live state in one lightning layer: S at the start of the open block, and the keys and values of the open block.
///
/// S changes only when a block closes, so decode reads it without writing it back, and what is kept can be cut back
/// inside its open block. Kept states share both: a shared S is copied when the first block closes, and rows of a new
/// block go to memory of their own. Not `Sendable`: it belongs to its live state. While a layer works on it, several
/// threads may use it at once, each for heads of its own.
final class LightningState {
    static let blockLength = ModelConfig.lightningBlockLength

    private let shape: LightningShape
    private let allowance: Allowance
    /// Tokens seen so far.
    private(set) var length = 0
    /// S at the start of the open block.
    private(set) var states: FloatMemory
    /// The open block's rows; nil where it has none and there is no memory yet.
    private(set) var block: FloatMemory?
    /// While rows are carried through: what `states` is a copy of, head by head, and where the rows of the blocks after
    /// the open one go.
    private var copied: FloatMemory?, nextBlock: FloatMemory?

    init(_ shape: LightningShape, _ allowance: Allowance) {
        (self.shape, self.allowance) = (shape, allowance)
        states = allowance.allocate(count: shape.stateFloats, isZero: true)
    }

    /// Goes on from S and an open block that others keep, after `length` tokens: S is shared, of the block's rows this
    /// state has a copy.
    ///
    /// - Parameter takesOver: whether who keeps them lets go of them now: then a block that nobody else refers to needs
    ///   no copy.
    init(
        _ shape: LightningShape, _ allowance: Allowance, sharing states: FloatMemory, block kept: FloatMemory?,
        length: Int, _ takesOver: Bool = false
    ) {
        (self.shape, self.allowance, self.states, self.length) = (shape, allowance, states, length)
        states.pin()
        guard openRows > 0, let kept else { return }
        if takesOver, !kept.isShared {
            kept.pin()
            block = kept
            return
        }
        let block = allowance.allocate(count: shape.blockFloats)
        for range in shape.blockRanges(rows: openRows) { block.copy(range, from: kept) }
        self.block = block
    }

    /// Rows of the open block.
    var openRows: Int { length % Self.blockLength }

    /// Bytes that it takes before it changes what others share with it, and before its next block begins.
    var bytesNeeded: Int {
        (states.isShared ? shape.stateBytes : 0) + (block.map(\.isShared) ?? true ? shape.blockBytes : 0)
    }

    /// To be called before `count` rows are carried through all heads.
    func begin(_ count: Int) {
        if block == nil { block = allowance.allocate(count: shape.blockFloats) }
        guard openRows + count >= Self.blockLength else { return }
        if states.isShared {
            copied = states
            states = allowance.allocate(count: shape.stateFloats)
        }
        if openRows + count > Self.blockLength, block?.isShared == true {
            nextBlock = allowance.allocate(count: shape.blockFloats)
        }
    }

    /// To be called when `count` rows were carried through all heads.
    func end(_ count: Int) {
        let closes = openRows + count >= Self.blockLength
        length += count
        copied?.unpin()
        copied = nil
        // A full block that others keep is theirs from now on.
        if closes, let full = block, nextBlock != nil || full.isShared {
            full.unpin()
            block = nextBlock
        }
        nextBlock = nil
    }

    /// Carries one head through `count` new rows; `qkv` is the first row's q, followed by its k and v.
    func extend(
        head: Int, decay: [Float], qkv: UnsafePointer<Float>, qkvStride: Int,
        output: UnsafeMutablePointer<Float>, outputStride: Int, count: Int, _ compute: Compute
    ) {
        guard var (keys, values) = unsafe pointers(block, head) else { return }
        let d = shape.headDimension, blockLength = Self.blockLength
        let state = unsafe states.base + head * d * d
        if let copied { states.copy(head * d * d ..< (head + 1) * d * d, from: copied) }
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
            if let next = unsafe pointers(nextBlock, head) { unsafe (keys, values) = unsafe next }
        }
    }

    /// Where one head's keys and values of a block lie.
    private func pointers(
        _ block: FloatMemory?, _ head: Int
    ) -> (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>)? {
        unsafe block.map { block in
            let keys = unsafe block.base + head * Self.blockLength * shape.headDimension
            return unsafe (keys, keys + shape.blockFloats / 2)
        }
    }

    deinit {
        states.unpin()
        block?.unpin()
    }
}

/// What one lightning layer's state takes: S (H, d, d), key component before value component; an open block's keys (H,
/// blockLength, d) in groups, then its values (H, blockLength, d).
struct LightningShape: Sendable, Equatable {
    /// H.
    let headCount: Int
    /// d.
    let headDimension: Int

    var stateFloats: Int { headCount * headDimension * headDimension }
    var blockFloats: Int { 2 * headCount * LightningState.blockLength * headDimension }
    var stateBytes: Int { stateFloats * MemoryLayout<Float>.stride }
    var blockBytes: Int { blockFloats * MemoryLayout<Float>.stride }

    /// Where the first `rows` rows of a block lie in its memory: of each head the keys, then of each head the values.
    func blockRanges(rows: Int) -> [Range<Int>] {
        headRanges(headCount: headCount, headDimension: headDimension, rows: rows)
    }

    /// The same without what belongs to no row.
    func rowRanges(rows: Int) -> [Range<Int>] {
        headRowRanges(headCount: headCount, headDimension: headDimension, rows: rows)
    }

    /// Keys of a block lie in groups of so many rows.
    static let groupLength = Kernels.keyGroupLength
    static func keyGroups(rows: Int) -> Int { (rows + groupLength - 1) / groupLength }
}
