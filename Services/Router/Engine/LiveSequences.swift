internal import Checkpoint
internal import Synchronization

/// All sequences from their submission to their end. They come and go from any task at any time, and are taken into
/// account by the next step.
final class LiveSequences: Sendable {
    private let config: StepEngine.Config
    private let sessionSize: SessionSize
    private let status: ClusterStatus
    private let metrics: StepMetrics
    private let table: Mutex<SequenceTable>
    private let start = ContinuousClock.now
    /// Tells that something has changed which the next step may depend on.
    let changed = Signal<Void>()

    /// - Parameter sessionSize: what a sequence's state takes in the attention service.
    init(_ config: StepEngine.Config, sessionSize: SessionSize, status: ClusterStatus, metrics: StepMetrics) {
        self.config = config
        self.sessionSize = sessionSize
        self.status = status
        self.metrics = metrics
        table = Mutex(SequenceTable(config.schedule.limits))
    }

    private var now: Duration { start.duration(to: .now) }

    // MARK: from any task

    /// - Throws: `GenerationError` where the sequence cannot be taken.
    func submit(_ request: GenerationRequest) throws(GenerationError) -> (id: UInt64, outputs: LiveSequence.Outputs) {
        let (outputs, continuation) = LiveSequence.Outputs.makeStream()
        let now = now
        let demand = Demand(
            account: request.account, priority: request.priority,
            promptCount: request.prompt.count, answerMax: request.tokensMax,
            state: sessionSize, deadline: request.timeout.map { now + $0 })
        let id = try table.withLock { table throws(GenerationError) in
            guard !table.isClosed else { throw .unavailable(reasonOfEnd) }
            return try table.submit(demand, at: now) { id in
                LiveSequence(
                    id, request, suppressed: config.suppressed, endTokens: config.endTokens, outputs: continuation)
            }
        }
        report()
        signal()
        return (id, outputs)
    }

    /// Nobody wants the sequence any more. Its rows are gone from the next step on.
    func cancel(_ id: UInt64) {
        guard table.withLock({ $0.remove(id, at: now) }) != nil else { return }
        report()
        signal()
    }

    /// The router stops: what has not begun never will, and learns that at once.
    func refuseWaiting() {
        let sequences = table.withLock { Array($0.sequences.values) }
        for sequence in sequences.ofRequestsNotBegun { fail(sequence.id, GenerationError.unavailable(Self.stopping)) }
    }

    private static let stopping = "the server is stopping"
    private var reasonOfEnd: String { status.ending ?? Self.stopping }

    func setMemory(bytes: Int, othersBytes: Int) {
        table.withLock { $0.setMemory(bytes: bytes, othersBytes: othersBytes) }
        signal()
    }

    func lostStates() {
        table.withLock { $0.lostStates() }
        signal()
    }

    /// Most tokens of prompt and answer together that there is memory for.
    var tokensMax: Int { sessionSize.tokens(within: table.withLock { $0.scheduler.limits.memoryBytes }) }

    /// Lets the engine look at what has changed, time included.
    func signal() { changed.send() }

    // MARK: from the engine's loop

    /// What the next step does. Sequences for which there is no time or no memory left end here.
    func plan(promptRowsMax: Int, _ pace: PromptPace) -> StepPlan {
        let plan = table.withLock { $0.plan(at: now, promptRowsMax: promptRowsMax, pace) }
        for id in plan.expired {
            end(id) { sequence in
                sequence.progress.withLock { .expired(sequence.request.timeout ?? .zero, $0) }
            }
        }
        for id in plan.outgrown {
            let tokensMax = tokensMax
            end(id) { sequence in
                let promptCount = sequence.request.prompt.count
                return sequence.progress.withLock { .outgrown(promptCount: promptCount, $0, tokensMax: tokensMax) }
            }
        }
        return plan
    }

    /// Sequences to whose sessions something happened that was not planned wait or end.
    ///
    /// - Returns: those that cannot take part in the step.
    func settle(_ mishaps: [SessionMishap]) -> Set<UInt64> {
        guard !mishaps.isEmpty else { return [] }
        let unready = table.withLock { $0.settle(mishaps, at: now) }
        for (id, error) in unready.failed { fail(id, error) }
        return unready.ids
    }

    /// The rows of a step that begins now.
    func begin(_ plan: StepPlan, except unready: Set<UInt64>, at instant: ContinuousClock.Instant) -> [SequenceRows] {
        let work = table.withLock { $0.work(of: plan, except: unready) }
        for part in work { part.sequence.progress.withLock { $0.begin(at: instant) } }
        return work
    }

    /// A step has come to its end: tokens go to their clients, and sequences that are at theirs are over.
    func take(_ choices: [TokenChooser.Choice]) {
        table.withLock { $0.completed(choices.map(\.part.rows)) }
        for choice in choices {
            guard let reason = choice.part.sequence.take(choice) else { continue }
            end(choice.part.sequence.id) { _ in .finished(reason) }
        }
    }

    /// A step failed: its sequences fail with it, or begin anew.
    func recover(_ ids: [UInt64], from error: any Error, _ failure: StepFailure) -> Recovery {
        let recovery = table.withLock { $0.recover(ids, from: failure) }
        for id in recovery.failed { fail(id, error) }
        return recovery
    }

    /// Fails all that have no place.
    func failWaiting(_ error: GenerationError) {
        for id in table.withLock({ $0.scheduler.queue.map(\.id) }) { fail(id, error) }
    }

    /// No step follows any more: fails what is left, and takes nothing new.
    func close() {
        for id in table.withLock({ $0.close() }) { fail(id, GenerationError.unavailable(reasonOfEnd)) }
    }

    func report() {
        let (counts, usage) = table.withLock { table in
            let scheduler = table.scheduler
            return (scheduler.counts, Double(scheduler.reservedBytes) / Double(max(1, scheduler.limits.memoryBytes)))
        }
        metrics.record(counts, stateUsage: usage)
    }

    // MARK: ends

    private func fail(_ id: UInt64, _ error: any Error) {
        end(id) { _ in .failed(by: error, ending: status.ending) }
    }

    /// Of no effect on a sequence that is gone already.
    private func end(_ id: UInt64, _ end: (LiveSequence) -> SequenceEnd) {
        guard let sequence = table.withLock({ $0.remove(id, at: now) }) else { return }
        let end = end(sequence)
        if case .finished = end { metrics.record(sequence) }
        sequence.end(end)
    }
}
