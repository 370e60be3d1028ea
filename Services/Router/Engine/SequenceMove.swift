internal import Messages
internal import Transport

/// One thing that is done with states before the rows that need it are computed.
enum SequenceMove: Sendable, Equatable {
    /// Sequences whose live state nobody needs any more.
    case close([SequenceID])
    /// Kept states that nobody needs any more.
    case discard([StateID])
    /// The live state is kept for later prompts.
    case keep(StepPlan.Keep)
    /// From memory to disk.
    case park(StepPlan.Parking)
    case grow(SequenceID, tokensMax: Int)
    /// Back from the state in which it was parked.
    case resume(SequenceID, StepPlan.Opening)
    case open(SequenceID, StepPlan.Opening)
}

/// What came of a move.
enum MoveResult: Sendable {
    /// A sequence has begun; so many bytes are bound for it.
    case opened(SequenceID, bytes: Int)
    /// A sequence has come back or grown; so many bytes are bound for it.
    case granted(SequenceID, bytes: Int)
    case kept(StepPlan.Keep)
    case notKept(SequenceID)
    /// It could not be written to this replica's disk, and is kept in its memory.
    case stayedInMemory(SequenceID, ReplicaID)
    case lackedMemory(SequenceID, Scheduler.Wish, any Error)
    /// The kept state from which a sequence was to begin is not there any more.
    case stateGone(SequenceID, StateID)
    /// It is no longer there, or the attention service does not answer.
    case lost(SequenceID)
    case failed(SequenceID, any Error)
}

extension StepPlan {
    /// What has to be done with the states of each replica. Replicas do not wait for one another.
    var moves: [ReplicaID: [[SequenceMove]]] {
        let replicas = Set(closes.keys).union(discards.keys).union(keeps.map(\.replica)).union(parks.map(\.replica))
            .union(grows.values.map(\.replica)).union(resumes.values.map(\.replica))
            .union(opens.values.map(\.replica))
        return Dictionary(uniqueKeysWithValues: replicas.map { ($0, moves(on: $0)) })
    }

    /// Stages one after the other, the moves of a stage side by side. First those that make room, then those that need
    /// it. Sequences that began together often grow together.
    private func moves(on replica: ReplicaID) -> [[SequenceMove]] {
        func sorted<Value>(
            _ values: [SequenceID: Value], _ move: (SequenceID, Value) -> SequenceMove
        ) -> [SequenceMove] {
            values.sorted { $0.key < $1.key }.map { move($0.key, $0.value) }
        }
        let keeps = keeps.filter { $0.replica == replica }
        var stages: [[SequenceMove]] = []
        if let ids = closes[replica] { stages.append([.close(ids)]) }
        if let states = discards[replica] { stages.append([.discard(states)]) }
        stages.append(keeps.filter(\.closes).map { .keep($0) })
        stages += parks.filter { $0.replica == replica }.map { [.park($0)] }
        stages.append(sorted(grows.filter { $0.value.replica == replica }) { .grow($0, tokensMax: $1.tokensMax) })
        stages.append(keeps.filter { !$0.closes }.map { .keep($0) })
        stages += sorted(resumes.filter { $0.value.replica == replica }) { .resume($0, $1) }.map { [$0] }
        stages += sorted(opens.filter { $0.value.replica == replica }) { .open($0, $1) }.map { [$0] }
        return stages.filter { !$0.isEmpty }
    }
}

extension SequenceMove {
    /// What it means that the attention service answered with an error; nil: nothing.
    func result(of error: any Error) -> MoveResult? {
        switch self {
        // A restarted attention service has forgotten them anyway; one that stays is told to close all sequences when
        // it is connected again, and parked states that nobody knows are dropped then.
        case .close, .discard: nil
        case .keep(let keep): .notKept(keep.id)
        case .park(let parking):
            StepFailure(error).isLoss ? .lost(parking.id) : .stayedInMemory(parking.id, parking.replica)
        case .grow(let id, _): result(of: error, id, .grow)
        case .resume(let id, _): result(of: error, id, .resume)
        case .open(let id, let opening): result(of: error, id, opening)
        }
    }

    private func result(of error: any Error, _ id: SequenceID, _ wish: Scheduler.Wish) -> MoveResult {
        if let error = error as? RPCError, error.code == .resourceExhausted { return .lackedMemory(id, wish, error) }
        return StepFailure(error).isLoss ? .lost(id) : .failed(id, error)
    }

    /// Whatever is wrong with a kept state, the sequence can begin without it.
    private func result(of error: any Error, _ id: SequenceID, _ opening: StepPlan.Opening) -> MoveResult {
        guard opening.state != .none, let code = (error as? RPCError)?.code else {
            return result(of: error, id, .begin)
        }
        return switch code {
        case .resourceExhausted, .unavailable, .deadlineExceeded, .cancelled: result(of: error, id, .begin)
        case .notFound, .failedPrecondition, .invalidArgument, .protocolError, .internalError:
            .stateGone(id, opening.state)
        }
    }
}
