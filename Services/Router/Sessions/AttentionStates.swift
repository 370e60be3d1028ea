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

    func forget(_ state: StateID) {
        if let replica = sequences.replica(of: state) { sequences.gone([state], on: replica) }
    }

    func file(of state: StateID) async throws(StateFailure) -> JoinedSnapshot {
        let replica = try replica(of: state)
        return try await told { try await replica.file(of: state) }
    }

    func move(_ state: StateID, to member: String?) async throws(StateFailure) -> StateMove {
        let source = try replica(of: state), target = try target(member, from: source)
        if target.id != source.id {
            try await told { try await mover.move(state, from: source, to: target) }
        }
        return StateMove(members: target.parts.map(\.name), hasMoved: target.id != source.id)
    }

    /// - Parameter member: an attention service of it; nil: any other replica will do.
    private func target(_ member: String?, from source: AttentionReplica) throws(StateFailure) -> AttentionReplica {
        let takers = replicas.all.filter { $0.id == source.id || sequences.takesStates($0.id) }
        if let member {
            guard let named = takers.first(where: { $0.parts.contains { $0.name == member } }) else {
                throw .noMember(member)
            }
            return named
        }
        guard let roomiest = sequences.roomiest(except: source.id).flatMap({ replicas[$0] }) else { throw .nowhere }
        return roomiest
    }

    func bytes(
        _ range: Range<Int>, of file: JoinedSnapshot, _ state: StateID
    ) async throws(StateFailure) -> [UInt8] {
        let replica = try replica(of: state)
        return try await told { try await replica.bytes(range, of: file, state, bytesMax: StatePart.bytesMax) }
    }

    /// On any of the replicas, by chance.
    func expect(in scope: PrefixScope) throws(StateFailure) -> ArrivingState {
        guard let replica = replicas.all.randomElement() else { throw .unavailable }
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
        sequences.found(state.id, tokens, in: state.scope, on: state.replica)
    }

    func drop(_ state: ArrivingState) async { try? await replicas[state.replica]?.drop([state.id]) }

    private func replica(of state: StateID) throws(StateFailure) -> AttentionReplica {
        guard let id = sequences.replica(of: state), let replica = replicas[id] else { throw .gone }
        return replica
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
