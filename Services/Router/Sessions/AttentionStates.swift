internal import Messages
internal import Transport

/// The states that replicas of attention keep, by the engine's book. Nothing is remembered here: whoever asks gets what
/// attention answers now.
struct AttentionStates: SessionStates {
    let replicas: AttentionReplicas
    let sequences: LiveSequences
    let mover: StateMover

    var fileBytesMax: Int { sequences.memoryBytes }

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

    func store(_ state: StateID) async throws(StateFailure) -> Int {
        let replica = try replica(of: state)
        return try await told { try await replica.store(state, leavesMemory: false) }
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

    func part(of state: StateID, at offset: Int) async throws(StateFailure) -> StatePart {
        let attention = try onlyPart(of: replica(of: state))
        let answer = try await told { try await attention.export(state, at: offset, bytesMax: StatePart.bytesMax) }
        return StatePart(fileBytes: answer.fileBytes, bytes: answer.part)
    }

    func take(_ part: ArrivingPart, of state: StateID, in scope: PrefixScope) async throws(StateFailure) {
        let attention = try onlyPart(of: replica(of: state))
        try await told {
            try await attention.import(part.bytes, of: state, in: scope, at: part.offset, isLast: part.isLast)
        }
    }

    func tokens(of state: StateID) async throws(StateFailure) -> [Int32] {
        let replica = try replica(of: state)
        return try await told { try await replica.describe(state) }.tokens
    }

    func learn(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope) {
        if let replica = try? replica(of: state) { sequences.found(state, tokens, in: scope, on: replica.id) }
    }

    func drop(_ state: StateID) async { try? await replica(of: state).drop([state]) }

    /// Where the state is, or, before anybody knows it, where it goes: its id, which is drawn at random, says to which
    /// of the replicas.
    private func replica(of state: StateID) throws(StateFailure) -> AttentionReplica {
        if let id = sequences.replica(of: state) {
            guard let replica = replicas[id] else { throw .gone }
            return replica
        }
        let all = replicas.all
        guard !all.isEmpty else { throw .unavailable }
        return all[Int(state.rawValue % UInt64(all.count))]
    }

    /// A state in several parts is several files, none of which anybody but this cluster could use.
    private func onlyPart(of replica: AttentionReplica) throws(StateFailure) -> AttentionClient {
        guard replica.parts.count == 1 else { throw .inParts(replica.parts.count) }
        return replica.parts[0]
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
