internal import Checkpoint
internal import Messages
internal import Synchronization
internal import TypedCalls

/// Random layer inputs, about as large as those behind a norm; every sequence gets the same ones.
struct SampleRows: Sendable {
    private let hiddenSize: Int
    private let values: [Float]

    /// Rows of one call at most.
    let countMax: Int
    private static let bytesMax = 4 << 20, rowsMax = 512

    init(hiddenSize: Int, seed: UInt64) {
        self.hiddenSize = hiddenSize
        countMax = max(1, min(Self.rowsMax, Self.bytesMax / (hiddenSize * MemoryLayout<Float>.size)))
        var random = SplitMix64(seed: seed)
        values = (0 ..< countMax * hiddenSize).map { _ in Float.random(in: -1.7 ..< 1.7, using: &random) }
    }

    /// (rows, hidden): the first rows.
    func rows(_ count: Int) -> [Float] { Array(values[..<(count * hiddenSize)]) }
}

/// A sequence of an attention service that the benchmark fills itself.
struct WireSequence: Sendable {
    let id: SequenceID
    /// Tokens that every layer has seen.
    private(set) var length: Int
    private let attention: AttentionProcess
    private let config: ModelConfig
    private let rows: SampleRows

    private static let last = Atomic<UInt64>(0)

    /// Opens it, empty or from a kept state. - Returns: the sequence, and the seconds that opening it took.
    static func open(
        _ attention: AttentionProcess, _ config: ModelConfig, _ rows: SampleRows, tokensMax: Int,
        from state: (id: StateID, length: Int)? = nil
    ) async throws -> (sequence: WireSequence, seconds: Double) {
        let id = SequenceID(rawValue: last.add(1, ordering: .relaxed).newValue)
        let length = state?.length ?? 0
        let request = OpenSequenceRequest(
            router: AttentionProcess.router, sequence: id, tokensMax: tokensMax, state: state?.id ?? .none,
            length: length, owner: AttentionProcess.owner, consumes: false)
        let seconds = try await attention.time(.openSequence, request)
        return (WireSequence(id: id, length: length, attention: attention, config: config, rows: rows), seconds)
    }

    /// Carries rows through all layers until it has so many tokens.
    ///
    /// - Parameter onProgress: told how many tokens it has.
    mutating func fill(to target: Int, onProgress: (Int) -> Void = { _ in }) async throws {
        while length < target {
            let count = min(rows.countMax, target - length)
            for layer in config.layers.indices { _ = try await attend(layer, at: length, count) }
            length += count
            onProgress(length)
        }
    }

    /// Carries rows through one layer. - Returns: the seconds that the call took.
    func attend(_ layer: Int, at start: Int, _ count: Int) async throws -> Double {
        let span = SequenceSpan(sequence: id, start: start, count: count)
        return try await attention.time(
            .attend,
            SublayerRequest(router: AttentionProcess.router, layer: layer, spans: [span], hidden: rows.rows(count)))
    }

    /// All layers have seen so many tokens more, by calls of `attend`.
    mutating func advance(by count: Int) { length += count }

    /// Keeps its state under a fresh id, for the ids of as many made-up tokens.
    func keep(closes: Bool) async throws -> StateID {
        let state = StateID.random()
        _ = try await attention.call(
            .keepState,
            KeepStateRequest(
                router: AttentionProcess.router, sequence: id, state: state, owner: AttentionProcess.owner,
                closes: closes, tokens: (0 ..< Int32(length)).map { $0 % 256 }))
        return state
    }

    func close() async throws {
        _ = try await attention.call(
            .closeSequences, CloseSequencesRequest(router: AttentionProcess.router, sequences: [id], all: false))
    }
}
