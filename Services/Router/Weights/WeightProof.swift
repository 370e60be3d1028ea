internal import Checkpoint
internal import Logging
internal import Messages
internal import Probing
internal import Synchronization
internal import Tensors
internal import TypedCalls

/// What the weights must be that other processes read: what `weights.digests` beside the router's checkpoint says, or
/// else the router's own copy.
///
/// It finds bit rot and mixed-up files; a peer that lies could tell the right digests.
final class WeightProof: Sendable {
    /// A part of a tensor, and what it must be.
    struct Expectation: Sendable {
        let tensor: String
        let file: String
        let digest: Digest
    }

    /// Which files the router reads itself.
    let copy: String
    private let checkpoint: WeightFiles
    /// Nil: there is no such file.
    private let recorded: WeightDigests?
    private let compute = Compute(threads: 1)
    /// Reading waits for disks.
    private let lane = ComputeLane(label: "digests")
    /// What was read of the router's own copy.
    private struct Known {
        var units: [ExpertUnit: [Digest]] = [:]
        var outsideExperts: [Digest]?
    }
    private let known = Mutex(Known())

    /// - Throws: `CheckpointError` where the router's own weights are not what the file says, or where the file is
    ///   another checkpoint's.
    init(_ checkpoint: WeightFiles) throws {
        self.checkpoint = checkpoint
        copy = checkpoint.copyIdentity(on: Machine.identity)
        recorded = try WeightDigests(beside: checkpoint)
        guard let recorded else { return }
        let pieces = try checkpoint.routerPieces(), digests = compute.digests(of: pieces.map(\.matrix))
        for (piece, digest) in zip(pieces, digests) where recorded.tensors[piece.tensor] != digest {
            throw CheckpointError(file: piece.file, tensor: piece.tensor, .damaged)
        }
    }

    /// Whether what a process has read can be compared with anything: if it reads the router's own files, only with
    /// what was recorded of them.
    func isNeeded(of copy: String) -> Bool { recorded != nil || copy != self.copy }

    func tell(_ logger: Logger) {
        guard recorded == nil else { return }
        logger.info(
            "other copies of the weights are compared with the router's own, which it has to read",
            metadata: [
                "missing": "\(WeightDigests.fileName) beside the checkpoint; minimax digest makes it"
            ])
    }

    /// What some units must be, in the order of `HoldResponse`.
    ///
    /// - Throws: `CancellationError`.
    func expected(_ units: [ExpertUnit]) async throws -> [Expectation] {
        var all: [Expectation] = []
        for unit in units {
            let slice = unit.slice
            let pieces = try checkpoint.pieces(unit.layer, unit.expert, slice: slice.index, of: slice.count)
            if let recorded {
                let digests = recorded.expert(unit.layer, unit.expert, slice: slice.index, of: slice.count)
                all += Self.expectations(pieces, digests)
            } else {
                all += Self.expectations(pieces, try await own(unit, pieces))
            }
        }
        return all
    }

    /// What all tensors but the experts' must be, in the order of `DigestsResponse`.
    func expectedOutsideExperts() async throws -> [Expectation] {
        let pieces = try checkpoint.piecesOutsideExperts()
        if let recorded { return Self.expectations(pieces, pieces.compactMap { recorded.tensors[$0.tensor] }) }
        if let digests = known.withLock({ $0.outsideExperts }) { return Self.expectations(pieces, digests) }
        let digests = try await read(pieces)
        known.withLock { $0.outsideExperts = digests }
        return Self.expectations(pieces, digests)
    }

    private static func expectations(_ pieces: [WeightPiece], _ digests: some Sequence<Digest>) -> [Expectation] {
        zip(pieces, digests).map { Expectation(tensor: $0.tensor, file: $0.file, digest: $1) }
    }

    private func own(_ unit: ExpertUnit, _ pieces: [WeightPiece]) async throws -> [Digest] {
        if let digests = known.withLock({ $0.units[unit] }) { return digests }
        let digests = try await read(pieces)
        try checkpoint.unloadExpert(unit.layer, unit.expert)
        known.withLock { $0.units[unit] = digests }
        return digests
    }

    private func read(_ pieces: [WeightPiece]) async throws -> [Digest] {
        try await lane.run { [compute] in
            pieces.map { piece in
                defer { piece.matrix.unload() }
                return compute.digests(of: [piece.matrix])[0]
            }
        }
    }

    /// Why what a process has read is not what it should be; nil where it is.
    func fault(_ found: [WeightDigest], _ expected: [Expectation]) -> String? {
        guard found.count == expected.count else { return "it told \(found.count) digests, expected \(expected.count)" }
        guard let (expectation, _) = zip(expected, found).first(where: { $0.digest.message != $1 }) else { return nil }
        let place = "\(expectation.file): tensor \(expectation.tensor)"
        return recorded == nil
            ? "\(place) has other bytes than the router's copy; one of the two is damaged, or another model's"
            : "\(place) is not what \(WeightDigests.fileName) beside the router's checkpoint says"
    }
}
