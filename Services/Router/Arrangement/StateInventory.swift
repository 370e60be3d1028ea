internal import Logging
internal import Messages
internal import Transport

/// Brings the router's book of kept states in line with what a replica of attention holds for it.
struct StateInventory: Sendable {
    let replica: AttentionReplica
    let book: any StateBook
    let logger: Logger

    /// Before a replica is used: it may hold states that the router does not know, and such as only some of its parts
    /// have, which are of no use.
    func reconcile() async throws {
        let known = book.states(on: replica.id)
        let (whole, broken) = try await replica.listStates()
        let present = Set(whole.map(\.state))
        book.gone(known.shared.subtracting(present), on: replica.id)
        var orphans = Array(broken)
        let unknown = whole.filter { !known.shared.contains($0.state) && !known.parked.contains($0.state) }
        for info in unknown.sorted(by: { $0.state < $1.state }) {
            do {
                guard let description = try await description(of: info.state) else { continue }
                if isUsable(info, description) {
                    book.found(info.state, description.tokens, in: PrefixScope(text: description.scope), on: replica.id)
                } else {
                    orphans.append(info.state)
                }
            } catch let error as ClusterError {
                // What its parts say of it does not fit together.
                logger.warning(
                    "a kept state is dropped", metadata: ["state": "\(info.state)", "reason": "\(error)"])
                orphans.append(info.state)
            }
        }
        if !orphans.isEmpty { try await replica.drop(orphans) }
    }

    /// Whether a prompt may begin from a state that was not known. Whether the state is what its tokens lead to only
    /// its process knows; that it has as many of them as its length says can be checked.
    private func isUsable(_ info: KeptStateInfo, _ description: KeptStateDescription) -> Bool {
        // One without tokens was parked by a sequence that is no more.
        if description.tokens.isEmpty { return false }
        if description.tokens.count == info.length { return true }
        logger.warning(
            "a kept state is dropped, since it has another number of tokens than its length says",
            metadata: [
                "services": "\(replica.names)", "state": "\(info.state)", "expected": "\(info.length)",
                "found": "\(description.tokens.count)",
            ])
        return false
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
        do { return try await replica.describe(state) } catch let error as RPCError where error.code == .notFound {
            return nil
        }
    }
}
