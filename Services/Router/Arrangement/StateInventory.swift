internal import Messages
internal import Transport

/// Brings the router's book of kept states in line with what a replica of attention holds for it.
struct StateInventory: Sendable {
    let replica: AttentionReplica
    let book: any StateBook

    /// Before a replica is used: it may hold states that the router does not know, and such as only some of its parts
    /// have, which are of no use.
    func reconcile() async throws {
        let known = book.states(on: replica.id)
        let (present, broken) = try await replica.keptStates()
        book.gone(known.shared.subtracting(present), on: replica.id)
        var orphans = Array(broken)
        for state in present.subtracting(known.shared).subtracting(known.parked).sorted() {
            guard let description = try await description(of: state) else { continue }
            // A state without tokens was parked by a sequence that is no more.
            if description.tokens.isEmpty {
                orphans.append(state)
            } else {
                book.found(state, description.tokens, in: PrefixScope(text: description.scope), on: replica.id)
            }
        }
        if !orphans.isEmpty { try await replica.drop(orphans) }
    }

    /// Now and then: attention lets kept states go without saying so.
    func refresh() async throws {
        let known = book.states(on: replica.id).shared
        guard !known.isEmpty else { return }
        let gone = known.subtracting(try await replica.keptStates().whole)
        book.gone(gone, on: replica.id)
        // Some parts may still have them.
        if replica.parts.count > 1, !gone.isEmpty { try await replica.drop(gone.sorted()) }
    }

    /// Nil where the state has gone meanwhile.
    private func description(of state: StateID) async throws -> KeptStateDescription? {
        do { return try await replica.describe(state) } catch let error where error.code == .notFound { return nil }
    }
}
