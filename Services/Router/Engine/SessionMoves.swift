internal import Logging
internal import Transport

/// Carries out what a plan says of sessions, before the rows that need it.
struct SessionMoves: Sendable {
    let attention: AttentionClient
    let logger: Logger

    /// What did not go as planned.
    enum Mishap {
        /// It could not be parked on disk.
        case stayedInMemory(UInt64)
        case lackedMemory(UInt64, Scheduler.Wish, any Error)
        /// It is no longer there, or the attention service does not answer.
        case lost(UInt64)
        case failed(UInt64, any Error)
    }

    func perform(_ plan: StepPlan) async -> [Mishap] {
        var mishaps: [Mishap] = []
        do {
            if !plan.closes.isEmpty { try await attention.close(plan.closes) }
        } catch {
            // A restarted attention service has forgotten them anyway; a connected one is told to drop all at the next start.
            logger.info("sessions not closed", metadata: ["sessions": "\(plan.closes)", "error": "\(error)"])
        }
        for id in plan.parks {
            do { _ = try await attention.park(id) } catch { mishaps.append(mishap(of: error, parking: id)) }
        }
        mishaps += await grow(plan.grows)
        for (id, tokensMax) in plan.resumes.sorted(by: { $0.key < $1.key }) {
            do { try await attention.resume(id, tokensMax: tokensMax) } catch { mishaps.append(Self.mishap(of: error, id, .resume)) }
        }
        for (id, tokensMax) in plan.opens.sorted(by: { $0.key < $1.key }) {
            do { try await attention.open(id, tokensMax: tokensMax) } catch { mishaps.append(Self.mishap(of: error, id, .begin)) }
        }
        return mishaps
    }

    /// Those that began together often grow together, so they are asked for side by side.
    private func grow(_ grows: [UInt64: Int]) async -> [Mishap] {
        guard !grows.isEmpty else { return [] }
        return await withTaskGroup(of: Mishap?.self) { tasks in
            for (id, tokensMax) in grows {
                tasks.addTask {
                    do { try await attention.grow(id, tokensMax: tokensMax) } catch { return Self.mishap(of: error, id, .grow) }
                    return nil
                }
            }
            return await tasks.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
    }

    private func mishap(of error: any Error, parking id: UInt64) -> Mishap {
        guard StepFailure(error) != .stateLost else { return .lost(id) }
        logger.warning("a session cannot be parked; it stays in memory", metadata: ["error": "\(error)"])
        return .stayedInMemory(id)
    }

    private static func mishap(of error: any Error, _ id: UInt64, _ wish: Scheduler.Wish) -> Mishap {
        if let error = error as? RPCError, error.code == .resourceExhausted { return .lackedMemory(id, wish, error) }
        return StepFailure(error) == .stateLost ? .lost(id) : .failed(id, error)
    }
}
