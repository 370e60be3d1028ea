internal import Console
internal import Messages
internal import Synchronization
internal import Transport
internal import TypedCalls

/// One row through one layer's attention, as a decode step asks for it: the sequence grows by a token with every call.
struct AttentionCall: HopCall {
    /// Calls of one sequence: after so many, a fresh one begins.
    static let sequenceTokensMax = 1 << 12
    /// The number by which a router names itself.
    private static let router: UInt64 = 1

    let layer: Int
    let row: [Float]
    let caller: HopCaller

    init(layer: Int, hiddenSize: Int, caller: HopCaller) {
        self.layer = layer
        self.caller = caller
        row = sampleRow(hiddenSize)
    }

    func check() async throws {
        let answer = try await inSequence(tokensMax: 1) { try await attend(sequence: $0, position: 0) }
        try checkAnswer(answer, columns: row.count, of: "attention")
    }

    func roundTrips(_ count: Int) async throws -> [Double] {
        precondition(count <= Self.sequenceTokensMax, "\(count) calls of one sequence")
        return try await inSequence(tokensMax: count) { sequence in
            try await caller.roundTrips(count: count) { _ = try await attend(sequence: sequence, position: $0) }
        }
    }

    /// The size of a request; its answer is about as long.
    var byteCount: Int { unsafe request(sequence: 1, position: 1).encoded { count, _ in count } }

    private func request(sequence: SequenceID, position: Int) -> SublayerRequest {
        SublayerRequest(
            router: Self.router, layer: layer,
            spans: [SequenceSpan(sequence: sequence, start: position, count: 1)], hidden: row)
    }

    private func attend(sequence: SequenceID, position: Int) async throws -> [Float] {
        let request = request(sequence: sequence, position: position)
        return try await caller.client.call(.attend, request, timeout: HopCaller.timeout).partial
    }

    private func inSequence<Result: Sendable>(
        tokensMax: Int, _ work: (SequenceID) async throws -> Result
    ) async throws -> Result {
        let client = caller.client, sequence = SequenceNumbers.next()
        let open = OpenSequenceRequest(router: Self.router, sequence: sequence, tokensMax: tokensMax)
        _ = try await client.call(.openSequence, open, timeout: HopCaller.timeout)
        let result = try await work(sequence)
        let close = CloseSequencesRequest(router: Self.router, sequences: [sequence], all: false)
        _ = try await client.call(.closeSequences, close, timeout: HopCaller.timeout)
        return result
    }
}

/// Every sequence has a number of its own.
private enum SequenceNumbers {
    private static let last = Atomic<UInt64>(0)
    static func next() -> SequenceID { SequenceID(rawValue: last.add(1, ordering: .relaxed).newValue) }
}

/// One row through one expert that the host holds.
struct ExpertRowCall: HopCall {
    private static let unit = ExpertUnit(layer: 0, expert: 0)

    let row: [Float]
    let caller: HopCaller

    init(hiddenSize: Int, caller: HopCaller) {
        self.caller = caller
        row = sampleRow(hiddenSize)
    }

    /// Waits for the host, if need be. - Parameter fingerprint: of the checkpoint that it must have.
    func hold(fingerprint: String) async throws {
        let request = HoldRequest(router: "bench", modelFingerprint: fingerprint, planVersion: 1, units: [Self.unit])
        _ = try await caller.client.call(.holdExperts, request, timeout: HopCaller.timeout, whenDisconnected: .wait)
    }

    func check() async throws { try checkAnswer(try await run(), columns: row.count, of: "the expert host") }

    func roundTrips(_ count: Int) async throws -> [Double] {
        try await caller.roundTrips(count: count) { _ in _ = try await run() }
    }

    /// The size of a request; its answer is about as long.
    var byteCount: Int { unsafe request.encoded { count, _ in count } }

    private var request: ExpertRequest {
        ExpertRequest(layer: Self.unit.layer, hidden: row, groups: [TokenGroup(expert: Self.unit.expert, rows: [0])])
    }

    private func run() async throws -> [Float] {
        try await caller.client.call(.runExperts, request, timeout: HopCaller.timeout).outputs
    }
}

/// Values about as large as those behind a norm.
private func sampleRow(_ count: Int) -> [Float] { (0 ..< count).map { Float($0 % 251) / 125 - 1 } }

private func checkAnswer(_ answer: [Float], columns: Int, of service: String) throws {
    guard answer.count == columns, answer.allSatisfy(\.isFinite) else {
        throw StartError("\(service) answered with \(answer.count) values, expected one finite row of \(columns)")
    }
}
