internal import Checkpoint
internal import Messages
internal import Tensors
internal import TerminalOutput
internal import TypedCalls

/// A state goes to disk and leaves memory, and a sequence begins from it again; in turns with a plain file of the same
/// size in the same folder.
struct SnapshotTrial: Sendable {
    let attention: AttentionProcess
    let config: ModelConfig
    let rows: SampleRows
    let rounds: Int
    let folder: DataFolder

    /// - Parameter state: is kept anew for every round, since what is on disk is not written again.
    func run(from state: StateID, length: Int, _ status: ProgressDisplay) async throws -> SnapshotFigures {
        let plain = try PlainFile("\(folder.path)/plain")
        defer { plain.remove() }
        let lane = ComputeLane(label: "minimax.bench.plain-file")
        var figures = SnapshotFigures()
        for round in 0 ... rounds {
            status.show(round == 0 ? "snapshot: warming up" : "snapshot: round \(round) of \(rounds)")
            let copy = try await copy(of: state, length: length)
            let (bytes, store) = try await store(copy)
            let plainWrite = try await lane.run { try plain.write(byteCount: bytes) }
            let (sequence, load) = try await WireSequence.open(
                attention, config, rows, tokensMax: length, from: (copy, length))
            let (plainRead, plainReadWhole) = try await lane.run { (try plain.read(), try plain.readWhole(bytes)) }
            try await sequence.close()
            try await attention.drop([copy])
            guard round > 0 else { continue }
            figures.samples.append(
                .init(
                    bytes: bytes, store: store, plainWrite: plainWrite, load: load, plainRead: plainRead,
                    plainReadWhole: plainReadWhole))
        }
        status.clear()
        return figures
    }

    private func copy(of state: StateID, length: Int) async throws -> StateID {
        let (sequence, _) = try await WireSequence.open(
            attention, config, rows, tokensMax: length, from: (state, length))
        return try await sequence.keep(closes: true)
    }

    private func store(_ state: StateID) async throws -> (bytes: Int, seconds: Double) {
        let request = StoreStateRequest(
            router: AttentionProcess.router, owner: AttentionProcess.owner, state: state, leavesMemory: true)
        let seconds = try await attention.time(.storeState, request)
        // It is there already, so this only tells its size.
        return (try await attention.call(.storeState, request).diskBytes, seconds)
    }
}
