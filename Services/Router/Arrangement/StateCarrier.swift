internal import Messages
internal import Transport

/// Takes kept states from one replica of attention to another of as many parts. They go through the router in pieces,
/// each part's file to the same part over there, so that no state is ever whole in its memory; the next piece is asked
/// for when the one before has arrived.
struct StateCarrier: Sendable {
    let source: AttentionReplica
    let target: AttentionReplica

    private static let pieceBytes = 1 << 20

    /// Carries one state over. It stays where it was, too.
    ///
    /// - Throws: `RPCError` `notFound` where the state is gone, `resourceExhausted` where the target has no room.
    func carry(_ state: StateID, in scope: PrefixScope) async throws {
        do {
            try await withThrowingDiscardingTaskGroup { tasks in
                for (from, to) in zip(source.parts, target.parts) {
                    tasks.addTask { try await carry(state, in: scope, from, to) }
                }
            }
        } catch {
            // Parts that have it already would keep it for nobody.
            try? await target.drop([state])
            throw error
        }
    }

    private func carry(
        _ state: StateID, in scope: PrefixScope, _ from: AttentionClient, _ to: AttentionClient
    ) async throws {
        var progress = StateFileProgress(pieceBytesMax: Self.pieceBytes)
        while !progress.isWhole {
            let offset = progress.offset
            let piece = try await from.export(state, at: offset, bytesMax: Self.pieceBytes)
            do { try progress.take(piece.part.count, of: piece.fileBytes) } catch { throw from.fault("\(error)") }
            try await to.import(piece.part, of: state, in: scope, at: offset, isLast: progress.isWhole)
        }
    }
}
