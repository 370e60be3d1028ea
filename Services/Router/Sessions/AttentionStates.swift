internal import Messages
internal import Transport

/// The states that the attention service keeps, by the engine's book. Nothing is remembered here: whoever asks gets
/// what attention answers now.
struct AttentionStates: SessionStates {
    let attention: AttentionClient
    let engine: StepEngine

    var fileBytesMax: Int { engine.memoryBytes }

    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState] {
        let known = engine.states(along: tokens, in: scope)
        guard !known.isEmpty else { return [] }
        let infos = try await told { attention throws(RPCError) in try await attention.listStates() }
        let kept = Dictionary(infos.map { ($0.state, $0) }) { _, last in last }
        return known.compactMap { id, length in
            kept[id].map { SessionState(length: length, inMemory: $0.bytes, onDisk: $0.diskBytes) }
        }
    }

    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { engine.state(of: tokens, in: scope) }

    func forget(_ state: StateID) { engine.gone([state]) }

    func store(_ state: StateID) async throws(StateFailure) -> Int {
        try await told { attention throws(RPCError) in try await attention.store(state, leavesMemory: false) }
    }

    func part(of state: StateID, at offset: Int) async throws(StateFailure) -> StatePart {
        let answer = try await told { attention throws(RPCError) in
            try await attention.export(state, at: offset, bytesMax: StatePart.bytesMax)
        }
        return StatePart(fileBytes: answer.fileBytes, bytes: answer.part)
    }

    func take(_ part: ArrivingPart, of state: StateID, in scope: PrefixScope) async throws(StateFailure) {
        try await told { attention throws(RPCError) in
            try await attention.import(part.bytes, of: state, in: scope, at: part.offset, isLast: part.isLast)
        }
    }

    func tokens(of state: StateID) async throws(StateFailure) -> [Int32] {
        try await told { attention throws(RPCError) in try await attention.describe(state) }.tokens
    }

    func learn(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope) {
        engine.found(state, tokens, in: scope)
    }

    func drop(_ state: StateID) async { try? await attention.drop([state]) }

    /// What the attention service answers; its error is told as the front knows it.
    private func told<Value>(
        _ ask: (AttentionClient) async throws(RPCError) -> Value
    ) async throws(StateFailure) -> Value {
        do throws(RPCError) { return try await ask(attention) } catch { throw StateFailure(error) }
    }
}
