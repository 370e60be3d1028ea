internal import Checkpoint
internal import Messages
internal import Tensors
internal import TerminalOutput
internal import TypedCalls

/// Forks of a kept state of whole blocks. Opening one is quick; its lightning matrices are copied in the call that
/// closes its first block, and memory for the block comes in the one that begins it. So these two calls are timed in
/// every lightning layer, beside those of a sequence that shares no matrices.
struct ForkTrial: Sendable {
    let attention: AttentionProcess
    let config: ModelConfig
    /// How the service stores keys and values.
    let keyValues: FloatFormat
    let rows: SampleRows
    let rounds: Int

    static let forksPerRound = 6
    private static let block = ModelConfig.lightningBlockLength

    /// Tokens that `own` grows by, besides the context.
    static func tokens(rounds: Int) -> Int { block * (rounds * forksPerRound + 2) }

    /// - Parameters:
    ///   - own: the sequence that the state was kept of, which still shares everything with it.
    ///   - state: of as many tokens as `own`, whole blocks.
    func run(_ own: inout WireSequence, from state: StateID, _ status: ProgressDisplay) async throws -> ForkFigures {
        let length = own.length
        // From now on its matrices are its own.
        try await own.fill(to: length + Self.block)
        let copier = try MatrixCopier(config)
        var figures = ForkFigures(
            matrixBytes: copier.byteCount, keyValueBytes: config.keyValueBytes(tokens: length, keyValues))
        for round in 0 ... rounds {
            status.show(round == 0 ? "fork: warming up" : "fork: round \(round) of \(rounds)")
            for _ in 0 ..< (round == 0 ? 1 : Self.forksPerRound) {
                var (fork, seconds) = try await WireSequence.open(
                    attention, config, rows, tokensMax: length + Self.block, from: (state, length))
                var sample = ForkFigures.Sample(open: seconds, copy: copier.seconds())
                try await closeBlocks(&fork, &own, &sample)
                figures.sharedBytes = try await sharedBytes()
                try await fork.close()
                if round > 0 { figures.samples.append(sample) }
            }
        }
        status.clear()
        return figures
    }

    /// Both get a block's rows in every layer: its first one, those between, and its last one.
    ///
    /// In softmax layers both do the same. Who comes first in a layer brings its weights nearer for the other, so that
    /// alternates from one lightning layer to the next.
    private func closeBlocks(
        _ fork: inout WireSequence, _ own: inout WireSequence, _ sample: inout ForkFigures.Sample
    ) async throws {
        var forkIsFirst = true
        for (layer, kind) in config.layers.enumerated() {
            for (offset, count) in [(0, 1), (1, Self.block - 2), (Self.block - 1, 1)] {
                let seconds = try await longer(fork, than: own, forkIsFirst, layer, offset, count)
                guard kind == .lightning else { continue }
                if offset == 0 { sample.begin += seconds }
                if offset == Self.block - 1 { sample.close += seconds }
            }
            if kind == .lightning { forkIsFirst.toggle() }
        }
        fork.advance(by: Self.block)
        own.advance(by: Self.block)
    }

    /// - Returns: the seconds that a call of the fork takes longer.
    private func longer(
        _ fork: WireSequence, than own: WireSequence, _ forkIsFirst: Bool, _ layer: Int, _ offset: Int, _ count: Int
    ) async throws -> Double {
        func seconds(_ sequence: WireSequence) async throws -> Double {
            try await sequence.attend(layer, at: sequence.length + offset, count)
        }
        let first = try await seconds(forkIsFirst ? fork : own), second = try await seconds(forkIsFirst ? own : fork)
        return forkIsFirst ? first - second : second - first
    }

    private func sharedBytes() async throws -> Int {
        try await attention.call(
            .listStates, ListStatesRequest(router: AttentionProcess.router, owner: AttentionProcess.owner)
        ).sharedBytes
    }
}

extension ModelConfig {
    /// What keys and values of so many tokens take, in whole pages.
    func keyValueBytes(tokens: Int, _ format: FloatFormat = .float32) -> Int {
        stateBytes(tokensMax: tokens, keyValues: format) - stateBytes(tokensMax: 0)
    }

    /// What the matrices of one lightning layer take.
    fileprivate var matrixBytes: Int { headCount * headDimension * headDimension * MemoryLayout<Float>.size }
}

/// Copies as many bytes as a state's lightning matrices have, layer by layer, from memory to memory.
private struct MatrixCopier {
    private let source: MappedMemory
    private let target: MappedMemory
    private let pieceBytes: Int

    var byteCount: Int { source.byteCount }

    /// - Throws: `StartError` where there is no memory, or the model has no lightning layer.
    init(_ config: ModelConfig) throws {
        pieceBytes = config.matrixBytes
        let bytes = pieceBytes * config.layers.count { $0 == .lightning }
        source = try .filled(byteCount: bytes)
        target = try .filled(byteCount: bytes)
    }

    func seconds() -> Double {
        let begin = ContinuousClock.now
        for start in stride(from: 0, to: byteCount, by: pieceBytes) {
            unsafe (target.base + start).copyMemory(from: source.base + start, byteCount: pieceBytes)
        }
        return (ContinuousClock.now - begin) / .seconds(1)
    }
}
