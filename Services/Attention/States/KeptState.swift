internal import Checkpoint
internal import Synchronization

/// What stands after the tokens of a prefix. It never changes, so any thread may read it.
///
/// It shares memory with the live state it was kept of, with those that go on from it, and with other kept states.
final class KeptState: @unchecked Sendable {
    enum Layer {
        /// S at the start of the open block, and the block's rows; nil where it has none.
        case lightning(states: FloatMemory, block: FloatMemory?)
        /// Of the last page, rows behind the state's length may be another's.
        case softmax(pages: [FloatMemory])
    }

    /// In tokens.
    let length: Int
    let layers: [Layer]

    private let isHeld = Atomic(true)

    /// - Parameter layers: whose memory belongs to this state, or is written by nobody else where it reads.
    init(length: Int, layers: [Layer]) {
        (self.length, self.layers) = (length, layers)
        for memory in memory { memory.hold() }
    }

    /// What `live` is now.
    ///
    /// - Returns: nil where its layers do not stand at the same length.
    convenience init?(of live: LiveState) {
        guard let length = live.length else { return nil }
        let pageCount = (length + KeyValueCache.pageLength - 1) / KeyValueCache.pageLength
        let layers = live.layers.map { layer in
            switch layer {
            case .lightning(let state):
                Layer.lightning(states: state.states, block: state.openRows > 0 ? state.block : nil)
            case .softmax(let cache): Layer.softmax(pages: Array(cache.pages[..<pageCount]))
            }
        }
        self.init(length: length, layers: layers)
    }

    /// Lengths that a sequence can go on from: the state's own, and shorter ones inside its open block.
    var lengths: ClosedRange<Int> { length / LightningState.blockLength * LightningState.blockLength ... length }

    /// All memory that it refers to.
    var memory: some Sequence<FloatMemory> {
        layers.lazy.flatMap { layer in
            switch layer {
            case .lightning(let states, let block): [states] + (block.map { [$0] } ?? [])
            case .softmax(let pages): pages
            }
        }
    }

    /// Bytes that it refers to, shared ones included.
    var byteCount: Int { memory.reduce(0) { $0 + $1.byteCount } }
    /// Bytes that no live state refers to.
    var unpinnedByteCount: Int { memory.reduce(0) { $0 + ($1.isPinned ? 0 : $1.byteCount) } }
    /// Bytes that would be free without it.
    var ownByteCount: Int { memory.reduce(0) { $0 + ($1.isShared ? 0 : $1.byteCount) } }

    /// What a sequence that takes it over needs beside its memory until it has `tokensMax` positions.
    func bytesToTakeOver(_ shape: StateShape, tokensMax: Int) -> Int {
        layers.reduce(0) { sum, layer in
            switch layer {
            case .lightning(let states, let block):
                sum + (states.isShared ? shape.lightning.stateBytes : 0)
                    + (block.map(\.isShared) ?? true ? shape.lightning.blockBytes : 0)
            case .softmax(let pages):
                sum + max(0, shape.softmax.pages(tokensMax) - pages.count) * shape.softmax.pageBytes
                    + (isLastPartial && pages.last?.isShared == true ? shape.softmax.pageBytes : 0)
            }
        }
    }

    /// Its last page has room for more positions.
    private var isLastPartial: Bool { length % KeyValueCache.pageLength > 0 }

    /// It refers to its memory no longer, which somebody else is about to change: nobody may read it after this.
    func giveUp() {
        if isHeld.exchange(false, ordering: .relaxed) { for memory in memory { memory.release() } }
    }

    deinit { giveUp() }
}
