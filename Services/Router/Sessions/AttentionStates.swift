internal import Checkpoint
internal import Messages
internal import Snapshots
internal import Transport

/// The states that replicas of attention keep, by the engine's book. Nothing is remembered here: whoever asks gets what
/// attention answers now.
struct AttentionStates: SessionStates {
    let replicas: AttentionReplicas
    let sequences: LiveSequences
    let mover: StateMover
    let model: ModelConfig

    var fileBytesMax: Int { model.stateFileBytes(tokens: sequences.tokensMax) }

    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState] {
        let known = sequences.states(along: tokens, in: scope)
        var kept: [StateID: KeptStateInfo] = [:]
        for id in Set(known.compactMap { sequences.replica(of: $0.id) }).sorted() {
            guard let replica = replicas[id] else { continue }
            for info in try await told({ try await replica.listStates().whole }) { kept[info.state] = info }
        }
        return known.compactMap { id, length in
            kept[id].map { SessionState(length: length, inMemory: $0.bytes, onDisk: $0.diskBytes) }
        }
    }

    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { sequences.state(of: tokens, in: scope) }

    func file(of state: StateID) async throws(StateFailure) -> JoinedSnapshot {
        try await asking(about: state) { try await $0.file(of: state) }
    }

    func move(_ state: StateID, to member: String?) async throws(StateFailure) -> StateMove {
        let target = try target(member, of: state)
        let hasMoved = try await asking(about: state) { source in
            guard target.id != source.id else { return false }
            try await mover.move(state, from: source, to: target)
            return true
        }
        return StateMove(members: target.parts.map(\.name), hasMoved: hasMoved)
    }

    /// - Parameter member: an attention service of it; nil: any other replica will do.
    private func target(_ member: String?, of state: StateID) throws(StateFailure) -> AttentionReplica {
        guard let source = sequences.replica(of: state) else { throw .gone }
        let takers = replicas.all.filter { $0.id == source || sequences.takesStates($0.id) }
        if let member {
            guard let named = takers.first(where: { $0.parts.contains { $0.name == member } }) else {
                throw .noMember(member)
            }
            return named
        }
        guard let roomiest = sequences.roomiest(except: source).flatMap({ replicas[$0] }) else { throw .nowhere }
        return roomiest
    }

    func bytes(
        _ range: Range<Int>, of file: JoinedSnapshot, _ state: StateID
    ) async throws(StateFailure) -> [UInt8] {
        try await asking(about: state) { replica in
            try await replica.bytes(range, of: file, state, bytesMax: StatePart.bytesMax)
        }
    }

    /// On any of the replicas that are not about to go, by chance.
    func expect(in scope: PrefixScope) throws(StateFailure) -> ArrivingState {
        let takers = replicas.all.filter { sequences.takesStates($0.id) }
        guard let replica = takers.randomElement() else { throw .unavailable }
        return ArrivingState(id: .random(), replica: replica.id, scope: scope)
    }

    func take(_ part: ArrivingPart, of state: ArrivingState) async throws(StateFailure) {
        let replica = try replica(state.replica)
        try await told {
            try await replica.take(part.bytes, of: state.id, in: state.scope, at: part.offset, isLast: part.isLast)
        }
    }

    func tokens(of state: ArrivingState) async throws(StateFailure) -> [Int32] {
        let replica = try replica(state.replica)
        return try await told { try await replica.describe(state.id) }.tokens
    }

    func learn(_ state: ArrivingState, _ tokens: [Int32]) {
        sequences.restored(state.id, tokens, in: state.scope, on: state.replica)
    }

    func drop(_ state: ArrivingState) async { try? await replicas[state.replica]?.drop([state.id]) }

    /// Asks the replica where a state is. One that is not there any more is forgotten there, wherever it may be by now.
    private func asking<Value>(
        about state: StateID, _ ask: (AttentionReplica) async throws -> Value
    ) async throws(StateFailure) -> Value {
        guard let id = sequences.replica(of: state) else { throw .gone }
        do throws(StateFailure) {
            guard let replica = replicas[id] else { throw .gone }
            return try await told { try await ask(replica) }
        } catch {
            if error == .gone { sequences.gone([state], on: id) }
            throw error
        }
    }

    private func replica(_ id: ReplicaID) throws(StateFailure) -> AttentionReplica {
        guard let replica = replicas[id] else { throw .unavailable }
        return replica
    }

    /// What attention answers; its error is told as the front knows it.
    private func told<Value>(_ ask: () async throws -> Value) async throws(StateFailure) -> Value {
        do { return try await ask() } catch let error as RPCError {
            throw StateFailure(error)
        } catch is StateMover.UnderWay {
            throw .moving
        } catch {
            throw .failed("\(error)")
        }
    }
}
