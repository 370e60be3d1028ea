import NIOCore
import Transport
import TypedCalls

@testable import Messages

/// Somebody who sends attention calls about sequences and kept states, and expects how they end.
struct StateStranger: Sendable {
    let client: RPCClient
    var owner = "stranger"

    /// Of the synthetic checkpoint that the tests' clusters serve.
    static let layerCount = 16, hiddenSize = 192

    @discardableResult func call<Request: Sendable, Response: Sendable>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request
    ) async throws -> Response {
        try await client.call(endpoint, request, timeout: .seconds(60))
    }

    func open(
        _ sequence: SequenceID, _ tokensMax: Int, from state: StateID = .none, length: Int = 0, consumes: Bool = false
    ) async throws {
        try await call(
            .openSequence,
            OpenSequenceRequest(
                sequence: sequence, tokensMax: tokensMax, state: state, length: length, owner: owner,
                consumes: consumes))
    }

    /// Carries so many rows through one layer.
    func attend(_ layer: Int, _ sequence: SequenceID, start: Int, count: Int) async throws {
        try await call(
            .attend,
            SublayerRequest(
                layer: layer, spans: [SequenceSpan(sequence: sequence, start: start, count: count)],
                hidden: (0 ..< count * Self.hiddenSize).map { Float(($0 + start) % 13) / 13 }))
    }

    /// Carries so many rows through all layers.
    func compute(_ sequence: SequenceID, start: Int = 0, count: Int) async throws {
        for layer in 0 ..< Self.layerCount { try await attend(layer, sequence, start: start, count: count) }
    }

    func close(_ sequences: [SequenceID]) async throws {
        try await call(.closeSequences, CloseSequencesRequest(sequences: sequences, all: false))
    }

    @discardableResult func keep(
        _ sequence: SequenceID, as state: StateID, closes: Bool = false, promised: Bool = false,
        worthMilliseconds: Int = 0, scope: String = "", tokens: [Int32] = []
    ) async throws -> KeepStateResponse {
        try await call(
            .keepState,
            KeepStateRequest(
                sequence: sequence, state: state, owner: owner, closes: closes, promised: promised,
                worthMilliseconds: worthMilliseconds, scope: scope, tokens: tokens))
    }

    func drop(_ states: [StateID]) async throws -> Int {
        try await call(.dropStates, DropStatesRequest(owner: owner, states: states)).dropped
    }

    @discardableResult func store(_ state: StateID, leavesMemory: Bool = false) async throws -> Int {
        let request = StoreStateRequest(owner: owner, state: state, leavesMemory: leavesMemory)
        return try await call(.storeState, request).diskBytes
    }

    func list() async throws -> ListStatesResponse { try await call(.listStates, ListStatesRequest(owner: owner)) }

    @discardableResult func describe(_ state: StateID) async throws -> KeptStateDescription {
        try await call(.describeState, DescribeStateRequest(owner: owner, state: state))
    }

    @discardableResult func export(
        _ state: StateID, offset: Int = 0, bytesMax: Int
    ) async throws -> ExportStateResponse {
        try await call(
            .exportState, ExportStateRequest(owner: owner, state: state, offset: offset, bytesMax: bytesMax))
    }

    /// A state's whole file.
    func file(_ state: StateID) async throws -> [UInt8] {
        var file: [UInt8] = [], fileBytes = 1
        while file.count < fileBytes {
            let answer = try await export(state, offset: file.count, bytesMax: .max)
            guard !answer.part.isEmpty else { break }
            (file, fileBytes) = (file + answer.part, answer.fileBytes)
        }
        return file
    }

    @discardableResult func `import`(
        _ part: [UInt8], as state: StateID, scope: String = "", offset: Int = 0, isLast: Bool = true
    ) async throws -> Int {
        try await call(
            .importState,
            ImportStateRequest(owner: owner, state: state, scope: scope, offset: offset, isLast: isLast, part: part)
        ).length
    }

    /// Leaves nothing behind.
    func dropAll() async throws {
        let states = try await list().states.map(\.state)
        if !states.isEmpty { _ = try await drop(states) }
    }
}
