internal import Logging
internal import Messages
internal import Transport

/// Carries moves out.
struct SequenceMover: Sendable {
    let replicas: AttentionReplicas
    let logger: Logger

    /// Whether all of these replicas are connected.
    func reaches(_ ids: some Sequence<ReplicaID>) -> Bool { ids.allSatisfy { replicas[$0]?.isConnected ?? false } }

    /// - Returns: what came of the moves, as far as that concerns anybody.
    func perform(_ moves: [ReplicaID: [[SequenceMove]]]) async -> [MoveResult] {
        guard moves.count > 1 else {
            for (replica, stages) in moves { return await perform(stages, on: replica) }
            return []
        }
        return await withTaskGroup(of: [MoveResult].self) { tasks in
            for (replica, stages) in moves { tasks.addTask { await perform(stages, on: replica) } }
            return await tasks.reduce(into: []) { $0 += $1 }
        }
    }

    private func perform(_ stages: [[SequenceMove]], on replica: ReplicaID) async -> [MoveResult] {
        var results: [MoveResult] = []
        for moves in stages {
            guard moves.count > 1 else {
                for move in moves { results += await perform(move, on: replica).map { [$0] } ?? [] }
                continue
            }
            results += await withTaskGroup(of: MoveResult?.self) { tasks in
                for move in moves { tasks.addTask { await perform(move, on: replica) } }
                return await tasks.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
        }
        return results
    }

    private func perform(_ move: SequenceMove, on replica: ReplicaID) async -> MoveResult? {
        do {
            guard let attention = replicas[replica] else { throw ReplicaGone() }
            switch move {
            case .close(let ids): try await attention.close(ids)
            case .discard(let states): try await attention.drop(states)
            case .keep(let keep): return try await self.keep(keep, attention)
            case .park(let parking): return try await park(parking, attention)
            case .grow(let id, let tokensMax):
                return .granted(id, bytes: try await attention.grow(id, tokensMax: tokensMax))
            case .resume(let id, let opening):
                // The live state takes the place of the parked one.
                return .granted(id, bytes: try await open(id, opening, consumes: true, attention))
            case .open(let id, let opening):
                return .opened(id, bytes: try await open(id, opening, consumes: false, attention))
            }
            return nil
        } catch {
            let result = move.result(of: error)
            tell(error, of: move, result)
            return result
        }
    }

    private func open(
        _ id: SequenceID, _ opening: StepPlan.Opening, consumes: Bool, _ attention: AttentionReplica
    ) async throws -> Int {
        try await attention.open(
            id, tokensMax: opening.tokensMax, from: opening.state, length: opening.length, consumes: consumes)
    }

    /// A state whose length is not what its tokens say must never be begun from.
    private func keep(_ keep: StepPlan.Keep, _ attention: AttentionReplica) async throws -> MoveResult {
        let length = try await attention.keep(keep)
        guard length == keep.tokens.count else {
            logger.warning(
                "a kept state has another length than expected, or different ones in different parts",
                metadata: [
                    "services": "\(attention.names)", "expected": "\(keep.tokens.count)",
                    "found": "\(length.map(String.init) ?? "different")",
                ])
            try await attention.drop([keep.state])
            return .notKept(keep.id)
        }
        return .kept(keep)
    }

    /// Keeping closes the sequence in any case: what cannot be kept is lost.
    private func park(_ parking: StepPlan.Parking, _ attention: AttentionReplica) async throws -> MoveResult? {
        if !parking.isKept {
            do {
                try await attention.keepParked(parking.id, as: parking.state)
            } catch {
                logger.notice("a sequence's state cannot be kept; it begins anew", metadata: ["error": "\(error)"])
                return .lost(parking.id)
            }
        }
        try await attention.store(parking.state, leavesMemory: true)
        return nil
    }

    private func tell(_ error: any Error, of move: SequenceMove, _ result: MoveResult?) {
        switch (move, result) {
        case (.close(let ids), _):
            logger.info("sequences not closed", metadata: ["sequences": "\(ids)", "error": "\(error)"])
        case (.discard, _), (.keep, _):
            logger.debug("a state is not kept or not dropped", metadata: ["error": "\(error)"])
        case (.park, .stayedInMemory):
            logger.warning("a sequence cannot be parked on disk; it stays in memory", metadata: ["error": "\(error)"])
        case (.open, .stateGone(_, let state)):
            logger.debug("a kept state is gone", metadata: ["state": "\(state)", "error": "\(error)"])
        default: break        // the sequence ends or waits, and whoever ends it tells why
        }
    }
}
