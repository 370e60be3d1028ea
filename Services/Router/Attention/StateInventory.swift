internal import Messages
internal import Transport

/// Brings the router's book of kept states in line with what the attention service holds for it.
struct StateInventory: Sendable {
    let attention: AttentionClient
    let engine: any AttentionUser

    /// After a connection was made: both sides may know states that the other does not.
    func reconcile() async throws(RPCError) {
        let known = engine.states
        let present = try await attention.keptStates()
        engine.gone(known.shared.subtracting(present))
        var orphans: [StateID] = []
        for state in present.subtracting(known.shared).subtracting(known.parked).sorted() {
            guard let description = try await description(of: state) else { continue }
            // A state without tokens was parked by a sequence that is no more.
            if description.tokens.isEmpty {
                orphans.append(state)
            } else {
                engine.found(state, description.tokens, in: PrefixScope(text: description.scope))
            }
        }
        if !orphans.isEmpty { try await attention.drop(orphans) }
    }

    /// Now and then: the attention service lets kept states go without saying so.
    func refresh() async throws(RPCError) {
        let known = engine.states.shared
        guard !known.isEmpty else { return }
        engine.gone(known.subtracting(try await attention.keptStates()))
    }

    /// Nil where the state has gone meanwhile.
    private func description(of state: StateID) async throws(RPCError) -> KeptStateDescription? {
        do throws(RPCError) {
            return try await attention.describe(state)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}
