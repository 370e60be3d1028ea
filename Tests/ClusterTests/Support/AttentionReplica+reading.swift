internal import Messages
internal import Transport
internal import TypedCalls

@testable import Router

/// What only tests want to know of attention.
extension AttentionReplica {
    /// A lightning layer's state after the sequence's last token, (H, d, d): one part's heads behind another's.
    func lightningState(_ sequence: SequenceID, layer: Int) async throws -> [Float] {
        try await askAll { part in
            let request = StateRequest(router: part.router, sequence: sequence, layer: layer)
            return try await part.rpc.call(.lightningState, request, timeout: part.timeout).state
        }.flatMap(\.self)
    }
}
