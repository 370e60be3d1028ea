internal import Messages
internal import Synchronization

/// Moves kept states from one replica of attention to another, where requests find them from then on.
final class StateMover: Sendable {
    /// Somebody else moves the state at this moment.
    struct UnderWay: Error {}

    private let sequences: LiveSequences
    private let moving = Mutex<Set<StateID>>([])

    init(_ sequences: LiveSequences) { self.sequences = sequences }

    /// - Throws: `RPCError` `notFound` where the state is gone, `resourceExhausted` where the target has no room;
    ///   `UnderWay`. The state is where it was then.
    func move(_ state: StateID, from source: AttentionReplica, to target: AttentionReplica) async throws {
        guard moving.withLock({ $0.insert(state).inserted }) else { throw UnderWay() }
        defer { moving.withLock { _ = $0.remove(state) } }
        let about = try await source.describe(state), scope = PrefixScope(text: about.scope)
        try await StateCarrier(source: source, target: target).carry(state, in: scope)
        sequences.moved(state, about.tokens, in: scope, from: source.id, to: target.id)
        try? await source.drop([state])
    }
}
