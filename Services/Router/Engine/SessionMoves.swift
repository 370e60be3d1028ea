internal import Logging
internal import Transport

/// One thing that is done with sessions before the rows that need it are computed.
enum SessionMove: Sendable, Equatable {
    /// Sessions that nobody needs any more.
    case close([UInt64])
    /// From memory to disk.
    case park(UInt64)
    case grow(UInt64, tokensMax: Int)
    /// From disk to memory.
    case resume(UInt64, tokensMax: Int)
    case open(UInt64, tokensMax: Int)
}

/// A move that did not go as planned.
enum SessionMishap: Sendable {
    /// It could not be parked on disk.
    case stayedInMemory(UInt64)
    case lackedMemory(UInt64, Scheduler.Wish, any Error)
    /// It is no longer there, or the attention service does not answer.
    case lost(UInt64)
    case failed(UInt64, any Error)
}

extension StepPlan {
    /// What has to be done with sessions: stages one after the other, the moves of a stage side by side. First those
    /// that make room, then those that need it. Sequences that began together often grow together.
    var moves: [[SessionMove]] {
        func sorted(_ grants: [UInt64: Int], _ move: (UInt64, Int) -> SessionMove) -> [SessionMove] {
            grants.sorted { $0.key < $1.key }.map { move($0.key, $0.value) }
        }
        var stages: [[SessionMove]] = []
        if !closes.isEmpty { stages.append([.close(closes)]) }
        stages += parks.map { [.park($0)] }
        if !grows.isEmpty { stages.append(sorted(grows) { .grow($0, tokensMax: $1) }) }
        stages += sorted(resumes) { .resume($0, tokensMax: $1) }.map { [$0] }
        stages += sorted(opens) { .open($0, tokensMax: $1) }.map { [$0] }
        return stages
    }
}

extension SessionMove {
    /// What it means that the attention service answered with an error; nil: nothing.
    func mishap(_ error: any Error) -> SessionMishap? {
        switch self {
        // A restarted attention service has forgotten them anyway; one that stays is told to drop all sessions when it
        // is connected again.
        case .close: nil
        case .park(let id): StepFailure(error) == .stateLost ? .lost(id) : .stayedInMemory(id)
        case .grow(let id, _): mishap(error, id, .grow)
        case .resume(let id, _): mishap(error, id, .resume)
        case .open(let id, _): mishap(error, id, .begin)
        }
    }

    private func mishap(_ error: any Error, _ id: UInt64, _ wish: Scheduler.Wish) -> SessionMishap {
        if let error = error as? RPCError, error.code == .resourceExhausted { return .lackedMemory(id, wish, error) }
        return StepFailure(error) == .stateLost ? .lost(id) : .failed(id, error)
    }
}

/// Carries moves out.
struct SessionMover: Sendable {
    let attention: AttentionClient
    let logger: Logger

    /// - Returns: what did not go as planned.
    func perform(_ stages: [[SessionMove]]) async -> [SessionMishap] {
        var mishaps: [SessionMishap] = []
        for moves in stages {
            guard moves.count > 1 else {
                for move in moves { mishaps += await perform(move).map { [$0] } ?? [] }
                continue
            }
            mishaps += await withTaskGroup(of: SessionMishap?.self) { tasks in
                for move in moves { tasks.addTask { await perform(move) } }
                return await tasks.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
        }
        return mishaps
    }

    private func perform(_ move: SessionMove) async -> SessionMishap? {
        do {
            switch move {
            case .close(let ids): try await attention.close(ids)
            case .park(let id): _ = try await attention.park(id)
            case .grow(let id, let tokensMax): try await attention.grow(id, tokensMax: tokensMax)
            case .resume(let id, let tokensMax): try await attention.resume(id, tokensMax: tokensMax)
            case .open(let id, let tokensMax): try await attention.open(id, tokensMax: tokensMax)
            }
            return nil
        } catch {
            let mishap = move.mishap(error)
            tell(error, of: move, mishap)
            return mishap
        }
    }

    private func tell(_ error: any Error, of move: SessionMove, _ mishap: SessionMishap?) {
        switch (move, mishap) {
        case (.close(let ids), _):
            logger.info("sessions not closed", metadata: ["sessions": "\(ids)", "error": "\(error)"])
        case (.park, .stayedInMemory):
            logger.warning("a session cannot be parked; it stays in memory", metadata: ["error": "\(error)"])
        default: break        // the sequence ends or waits, and whoever ends it tells why
        }
    }
}
