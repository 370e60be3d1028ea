internal import Checkpoint
internal import Tensors

/// What one running sequence has in attention: the state of every layer. It grows with every call.
///
/// It belongs to one thread at a time: that of the attention lane.
final class LiveState: @unchecked Sendable {
    enum Layer {
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
    }

    /// Positions that it may reach, for which memory is granted.
    private(set) var tokensMax: Int
    /// Memory that was bound for this state beyond what was bound before.
    private(set) var grantedBytes = 0
    let layers: [Layer]
    private let allowance: Allowance

    /// An empty one.
    init(_ shape: StateShape, tokensMax: Int, _ book: MemoryBook) {
        let before = book.boundBytes
        let allowance = Allowance(book)
        (self.allowance, self.tokensMax) = (allowance, tokensMax)
        layers = shape.layers.map { kind in
            switch kind {
            case .lightning: .lightning(LightningState(shape.lightning, allowance))
            case .softmax: .softmax(KeyValueCache(shape.softmax, allowance))
            }
        }
        allowance.grant(bytesNeeded - allowance.bytesLeft)
        grantedBytes = book.boundBytes - before
    }

    /// One that goes on after the first `length` tokens of a kept state, which must be among `kept.lengths`.
    ///
    /// - Parameter takingOver: the kept state ends with this, and nobody reads it, so that memory which it alone refers
    ///   to need not be copied.
    init(
        _ shape: StateShape, from kept: KeptState, length: Int, tokensMax: Int, takingOver: Bool = false,
        _ book: MemoryBook
    ) {
        let before = book.boundBytes
        let allowance = Allowance(book)
        (self.allowance, self.tokensMax) = (allowance, tokensMax)
        layers = kept.layers.map { layer in
            switch layer {
            case .lightning(let states, let block):
                .lightning(
                    LightningState(
                        shape.lightning, allowance, sharing: states, block: block, length: length, takingOver))
            case .softmax(let pages):
                .softmax(
                    KeyValueCache(shape.softmax, allowance, sharing: pages, length: length, takingOver))
            }
        }
        if takingOver { kept.giveUp() }
        allowance.grant(bytesNeeded - allowance.bytesLeft)
        grantedBytes = book.boundBytes - before
    }

    /// Lets it reach more positions; fewer than before change nothing.
    func grow(tokensMax: Int) {
        self.tokensMax = max(self.tokensMax, tokensMax)
        let bytes = bytesNeeded - allowance.bytesLeft
        guard bytes > 0 else { return }
        allowance.grant(bytes)
        grantedBytes += bytes
    }

    /// What `grow` would bind.
    func bytesToGrow(tokensMax: Int) -> Int {
        max(0, bytesNeeded(tokensMax: max(tokensMax, self.tokensMax)) - allowance.bytesLeft)
    }

    /// Its length; nil where the layers do not stand at the same one, so that a step has not been finished.
    var length: Int? {
        let lengths = Set(layers.map(\.length))
        return lengths.count == 1 ? lengths.first : nil
    }

    /// Something is kept of this state, so it needs memory for what it changes next.
    func allowCopies() { allowance.grant(max(0, bytesNeeded - allowance.bytesLeft)) }

    /// What `allowCopies` would bind at most: all matrices and open blocks, which are no longer its own.
    func bytesToKeep(_ shape: StateShape) -> Int {
        let pages = layers.reduce(0) { $0 + ($1.softmax?.bytesNeeded(tokens: tokensMax) ?? 0) }
        return max(0, shape.size.fixedBytes + pages - allowance.bytesLeft)
    }

    /// Bytes that are granted and not asked for yet.
    var reservedBytes: Int { allowance.bytesLeft }

    /// Bytes that it takes until it has all of its positions, beside what it has; at most `reservedBytes`.
    var bytesNeeded: Int { bytesNeeded(tokensMax: tokensMax) }

    /// Bytes that it takes until it has so many positions, beside what it has.
    private func bytesNeeded(tokensMax: Int) -> Int {
        layers.reduce(0) { sum, layer in
            switch layer {
            case .lightning(let state): sum + state.bytesNeeded
            case .softmax(let cache): sum + cache.bytesNeeded(tokens: tokensMax)
            }
        }
    }
}

/// What the states of a part of a model's attention are made of.
struct StateShape: Sendable {
    private let config: ModelConfig
    let part: AttentionPart
    let layers: [ModelConfig.AttentionKind]
    /// Of all heads and key/value heads of the model, those that the part has.
    let heads: Range<Int>, keyValueHeads: Range<Int>
    let lightning: LightningShape
    let softmax: KeyValueShape
    /// What a state of a length takes.
    let size: StateSize

    /// - Parameter keyValues: how keys and values are stored.
    init(_ config: ModelConfig, _ part: AttentionPart = .whole, keyValues: FloatFormat = .float32) {
        (self.config, self.part, layers) = (config, part, config.layers)
        (heads, keyValueHeads) = (config.heads(of: part), config.keyValueHeads(of: part))
        size = config.stateSize(of: part, keyValues: keyValues)
        lightning = LightningShape(headCount: heads.count, headDimension: config.headDimension)
        softmax = KeyValueShape(
            headCount: keyValueHeads.count, headDimension: config.headDimension, format: keyValues)
    }

    /// What another part of the same model has.
    func of(_ part: AttentionPart) -> StateShape { StateShape(config, part, keyValues: softmax.format) }
}
