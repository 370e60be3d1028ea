internal import Checkpoint

/// One session: the state of every layer.
///
/// It belongs to one thread at a time: the attention lane's, while it is open in the store; the parking lane's, while
/// it is being moved.
final class Session: @unchecked Sendable {
    enum LayerState {
        case lightning(LightningState)
        case softmax(KeyValueCache)

        /// Tokens this layer has seen.
        var length: Int {
            switch self {
            case .lightning(let state): state.length
            case .softmax(let cache): cache.length
            }
        }

        var lightning: LightningState? { if case .lightning(let state) = self { state } else { nil } }
        var softmax: KeyValueCache? { if case .softmax(let cache) = self { cache } else { nil } }

        /// All that the layer remembers, in an order that follows from the length.
        var usedMemory: [UnsafeMutableRawBufferPointer] {
            switch self {
            case .lightning(let state): unsafe state.usedMemory
            case .softmax(let cache): unsafe cache.usedMemory
            }
        }
    }

    /// Positions that it may reach, for which memory is reserved.
    private(set) var tokensMax: Int
    private(set) var reservedBytes: Int
    let layers: [LayerState]

    /// - Parameter lengths: tokens that each layer has seen, whose memory is still to be filled; nil: a new session.
    init(_ config: ModelConfig, tokensMax: Int, lengths: [Int]? = nil) {
        self.tokensMax = tokensMax
        reservedBytes = config.sessionBytes(tokensMax: tokensMax)
        layers = config.layers.enumerated().map { index, kind in
            let length = lengths.map { $0[index] } ?? 0
            switch kind {
            case .lightning:
                return .lightning(
                    LightningState(headCount: config.headCount, headDimension: config.headDimension, length: length))
            case .softmax:
                return .softmax(
                    KeyValueCache(
                        headCount: config.keyValueHeadCount, headDimension: config.headDimension, length: length))
            }
        }
    }

    /// - Parameter bytes: what is reserved for it now.
    func grow(tokensMax: Int, reservedBytes bytes: Int) { (self.tokensMax, reservedBytes) = (tokensMax, bytes) }
}
