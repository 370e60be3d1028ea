internal import Checkpoint
internal import Messages
internal import Synchronization

/// The part of attention that the service computes: the layers of its heads, the states they work on, and its range of
/// the head's vocabulary. Where the service changes to another part, another such object takes the place of this one.
final class HeldPart: Sendable {
    let layers: AttentionLayers
    let head: Head
    let states: StateKeeper

    init(_ checkpoint: WeightFiles, _ states: StateKeeper) throws {
        layers = try AttentionLayers(checkpoint, states.shape.part)
        head = Head(try checkpoint.head(), part: states.shape.part)
        self.states = states
    }

    var part: AttentionPart { states.shape.part }

    /// The sequences' states in the layer of a request, and whose rows are whose. Only the lane changes live states, so
    /// that they need no lock while a layer works on them.
    func spans(
        of request: SublayerRequest
    ) throws(AttentionError) -> [(state: LiveState.Layer, rows: Range<Int>)] {
        try states.store.withLock { store throws(AttentionError) in
            var first = 0
            return try request.spans.map { span throws(AttentionError) in
                let key = SequenceKey(router: request.router, id: span.sequence)
                let state = try store.state(key, layer: request.layer, start: span.start, count: span.count)
                defer { first += span.count }
                return (state.layers[request.layer], first ..< first + span.count)
            }
        }
    }
}
