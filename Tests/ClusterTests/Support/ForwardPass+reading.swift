internal import Messages
internal import Transport
internal import TypedCalls

@testable import Router
@testable import Tensors

/// What only tests want to know of a model's path.
extension ForwardPass {
    /// The next-token logits of the batch's last row, (vocabulary).
    func lastLogits(for batch: Batch) async throws -> [Float] {
        let hidden = try await hidden(for: batch)
        return try await attention.logits(hidden.rows(hidden.rows - 1 ..< hidden.rows)).values
    }
}

extension AttentionClient {
    /// A lightning layer's state after the sequence's last token, (H, d, d).
    func lightningState(_ sequence: SequenceID, layer: Int) async throws -> [Float] {
        let request = StateRequest(router: router, sequence: sequence, layer: layer)
        return try await rpc.call(.lightningState, request, timeout: timeout).state
    }
}
