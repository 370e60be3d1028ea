internal import Messages
internal import Transport
internal import TypedCalls

/// The states that the attention service keeps, by the engine's book. Nothing is remembered here: whoever asks gets
/// what attention answers now.
struct AttentionStates: SessionStates {
    let attention: AttentionClient
    let engine: StepEngine

    var fileBytesMax: Int { engine.memoryBytes }

    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState] {
        let known = engine.states(along: tokens, in: scope)
        guard !known.isEmpty else { return [] }
        let request = ListStatesRequest(router: attention.router, owner: attention.owner)
        let infos = try await call(.listStates, request).states
        let kept = Dictionary(infos.map { ($0.state, $0) }) { _, last in last }
        return known.compactMap { id, length in
            kept[id].map { SessionState(length: length, inMemory: $0.bytes, onDisk: $0.diskBytes) }
        }
    }

    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { engine.state(of: tokens, in: scope) }

    func forget(_ state: StateID) { engine.gone([state]) }

    func store(_ state: StateID) async throws(StateFailure) -> Int {
        let request = StoreStateRequest(router: attention.router, owner: attention.owner, state: state)
        return try await call(.storeState, request).diskBytes
    }

    func part(of state: StateID, at offset: Int) async throws(StateFailure) -> StatePart {
        let request = ExportStateRequest(
            router: attention.router, owner: attention.owner, state: state, offset: offset,
            bytesMax: StatePart.bytesMax)
        let answer = try await call(.exportState, request)
        return StatePart(fileBytes: answer.fileBytes, bytes: answer.part)
    }

    func take(_ part: ArrivingPart, of state: StateID, in scope: PrefixScope) async throws(StateFailure) {
        let request = ImportStateRequest(
            router: attention.router, owner: attention.owner, state: state, scope: scope.text, offset: part.offset,
            isLast: part.isLast, part: part.bytes)
        _ = try await call(.importState, request)
    }

    func tokens(of state: StateID) async throws(StateFailure) -> [Int32] {
        let request = DescribeStateRequest(router: attention.router, owner: attention.owner, state: state)
        return try await call(.describeState, request).tokens
    }

    func learn(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope) {
        engine.found(state, tokens, in: scope)
    }

    func drop(_ state: StateID) async { try? await attention.drop([state]) }

    private func call<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request
    ) async throws(StateFailure) -> Response {
        do throws(RPCError) {
            return try await attention.rpc.call(endpoint, request, timeout: attention.timeout)
        } catch {
            throw StateFailure(error)
        }
    }
}
