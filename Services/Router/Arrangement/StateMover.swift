internal import Messages
internal import Synchronization
internal import Transport

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
        try requireKnown(about, of: state, in: scope, on: source)
        try await StateCarrier(source: source, target: target).carry(state, in: scope)
        guard sequences.moved(state, about.tokens, in: scope, from: source.id, to: target.id) else {
            throw RPCError(.unavailable, "replica \(target.id), to which state \(state) was to move, is gone")
        }
        try? await source.drop([state])
    }

    /// Its tokens go into the book as those of the new place, so they must be those that the book has now.
    private func requireKnown(
        _ about: KeptStateDescription, of state: StateID, in scope: PrefixScope, on source: AttentionReplica
    ) throws {
        guard !about.tokens.isEmpty, sequences.replica(of: state) == source.id else { return }
        let known = sequences.states(along: about.tokens, in: scope)
        guard !known.contains(where: { $0.id == state && $0.length == about.tokens.count }) else { return }
        throw source.parts[0].fault(
            "\(about.tokens.count) tokens of state \(state), expected those that it was kept with")
    }
}
