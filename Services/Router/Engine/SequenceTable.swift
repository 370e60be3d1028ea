/// The sequences there are, and the scheduler that knows whose turn it is. A value: it decides, and whoever owns it
/// carries out what it says.
struct SequenceTable {
    private(set) var scheduler: Scheduler
    private(set) var sequences: [UInt64: LiveSequence] = [:]
    private var lastID: UInt64 = 0
    /// The attention service has dropped all states since the last plan.
    private var hasLostStates = false
    /// No step follows any more.
    private(set) var isClosed = false

    init(_ limits: Scheduler.Limits) { scheduler = Scheduler(limits) }

    // MARK: what comes from outside

    /// - Parameter make: makes the sequence of this number.
    /// - Returns: the sequence's number.
    /// - Throws: `GenerationError` where it cannot be taken.
    mutating func submit(
        _ demand: Demand, at now: Duration, make: (UInt64) -> LiveSequence
    ) throws(GenerationError) -> UInt64 {
        lastID += 1
        switch scheduler.submit(lastID, demand, at: now) {
        case .queued: break
        case .full(let wait): throw .overloaded("too many requests wait already; try again later", retryAfter: wait)
        case .tooLarge(let tokensMax): throw .promptTooLarge(demand.promptCount, tokensMax: tokensMax)
        }
        sequences[lastID] = make(lastID)
        return lastID
    }

    /// The sequence is over, whatever the reason.
    ///
    /// - Returns: nil where it is gone already.
    mutating func remove(_ id: UInt64, at now: Duration) -> LiveSequence? {
        scheduler.end(id, at: now)
        return sequences.removeValue(forKey: id)
    }

    /// What the attention service has for the state of all sequences, and what of it others than this router take.
    mutating func setMemory(bytes: Int, othersBytes: Int) {
        (scheduler.limits.memoryBytes, scheduler.limits.othersBytes) = (bytes, othersBytes)
    }

    mutating func lostStates() { hasLostStates = true }

    /// No sequence is to be taken any more.
    ///
    /// - Returns: those that are left.
    mutating func close() -> [UInt64] {
        isClosed = true
        return Array(sequences.keys)
    }

    // MARK: a step

    /// What the next step does.
    ///
    /// - Parameters:
    ///   - promptRowsMax: rows for prompts in a step in which no sequence generates.
    ///   - pace: says how many there may be in one in which some do.
    mutating func plan(at now: Duration, promptRowsMax: Int, _ pace: PromptPace) -> StepPlan {
        if hasLostStates { scheduler.lostAllStates() }
        hasLostStates = false
        let beside = pace.rows(beside: scheduler.generatingCount)
        return scheduler.plan(at: now, promptRowsMax: (beside: beside, alone: promptRowsMax))
    }

    /// Sequences that cannot take part in a step.
    struct Unready {
        var ids: Set<UInt64> = []
        /// Those of them that fail.
        var failed: [(id: UInt64, error: any Error)] = []
    }

    /// Takes into account what did not go as planned with sessions. Who fails has no turn any more, but is still there.
    mutating func settle(_ mishaps: [SessionMishap], at now: Duration) -> Unready {
        var unready = Unready()
        for mishap in mishaps {
            switch mishap {
            case .stayedInMemory(let id): scheduler.stayedInMemory(id, at: now)
            case .lackedMemory(let id, let wish, let error):
                unready.ids.insert(id)
                if !scheduler.lackedMemory(id, wish, at: now) { fail(id, error, at: now, &unready) }
            case .lost(let id):
                unready.ids.insert(id)
                scheduler.lostState(id)
            case .failed(let id, let error):
                unready.ids.insert(id)
                fail(id, error, at: now, &unready)
            }
        }
        return unready
    }

    private mutating func fail(_ id: UInt64, _ error: any Error, at now: Duration, _ unready: inout Unready) {
        scheduler.end(id, at: now)
        unready.failed.append((id, error))
    }

    /// The rows of a plan, but for sequences that cannot take part or have gone meanwhile.
    func work(of plan: StepPlan, except unready: Set<UInt64>) -> [SequenceRows] {
        plan.rows.compactMap { rows in
            guard !unready.contains(rows.id) else { return nil }
            return sequences[rows.id].map { SequenceRows(sequence: $0, rows: rows) }
        }
    }

    mutating func completed(_ rows: [StepPlan.Rows]) { scheduler.completed(rows) }

    mutating func recover(_ ids: [UInt64], from failure: StepFailure) -> Recovery {
        Recovery(of: ids, from: failure, &scheduler)
    }
}
