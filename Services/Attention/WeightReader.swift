internal import Checkpoint
internal import Probing
internal import Synchronization
internal import Tensors

/// What this service has read of its checkpoint, for a router that wants to know whether it is the model.
final class WeightReader: Sendable {
    /// See `WeightFiles.copyIdentity`.
    let copy: String
    private let checkpoint: WeightFiles
    private let compute: Compute
    /// Reading waits for disks.
    private let lane = ComputeLane(label: "digests")
    private let known = Mutex<[Digest]?>(nil)

    init(_ checkpoint: WeightFiles, _ compute: Compute) {
        (self.checkpoint, self.compute) = (checkpoint, compute)
        copy = checkpoint.copyIdentity(on: Machine.identity)
    }

    /// Of every tensor but the experts', in the order of the forward pass; read once.
    func digests() async throws -> [Digest] {
        try await lane.run { [self] in
            if let digests = known.withLock({ $0 }) { return digests }
            let digests = compute.digests(of: try checkpoint.piecesOutsideExperts().map(\.matrix))
            known.withLock { $0 = digests }
            return digests
        }
    }
}
