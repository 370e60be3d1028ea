internal import Tensors

/// What the forward pass asks of attention, whether that is one process or many.
protocol Attention: Sendable {
    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor

    /// One layer's attention over the rows of a batch, which extends their sequences' live states.
    ///
    /// - Parameters:
    ///   - normed: (rows, D), after the layer's first norm.
    ///   - shares: of the batch, at least one.
    func attend(_ layer: Int, _ normed: Tensor, _ shares: [BatchShare], _ compute: Compute) async -> Attended

    /// What the head says of some rows.
    func head(_ call: HeadCall) async throws -> [HeadRow]
}

/// What came of the rows of a batch in one layer's attention.
struct Attended: Sendable {
    /// (rows, D); rows of replicas that were lost are of no meaning.
    var output: Tensor
    /// Replicas that did not answer, or not as they should, and why.
    var lost: [ReplicaID: any Error] = [:]
}
