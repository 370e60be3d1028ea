internal import Checkpoint
internal import Messages
internal import Synchronization

/// All sequences from their submission to their end. They come and go from any task at any time, and are taken into
/// account by the next step.
final class LiveSequences: Sendable {
    private let config: StepEngine.Config
    private let status: ClusterStatus
    private let metrics: StepMetrics
    private let prefixMetrics = PrefixMetrics()
    let table: Mutex<SequenceTable>
    /// Sequences that have ended, whose clients hear of it once their states are kept.
    private let leaving = Mutex<[SequenceID: (sequence: LiveSequence, end: SequenceEnd)]>([:])
    private let start = ContinuousClock.now
    /// Tells that something has changed which the next step may depend on.
    let changed = Signal<Void>()

    /// - Parameter stateSize: what a sequence's state takes on a replica of attention.
    init(_ config: StepEngine.Config, stateSize: StateSize, status: ClusterStatus, metrics: StepMetrics) {
        self.config = config
        self.status = status
        self.metrics = metrics
        var limits = config.schedule.limits
        limits.stateSize = stateSize
        table = Mutex(SequenceTable(limits, keeping: config.keeping))
    }

    var now: Duration { start.duration(to: .now) }

    // MARK: from any task

    /// - Throws: `GenerationError` where the sequence cannot be taken.
    func submit(_ request: GenerationRequest) throws(GenerationError) -> (id: SequenceID, outputs: LiveSequence.Outputs)
    {
        let (outputs, continuation) = LiveSequence.Outputs.makeStream()
        let now = now
        let demand = Demand(
            account: request.account, priority: request.priority,
            promptCount: request.prompt.count, answerMax: request.tokensMax,
            deadline: request.timeout.map { now + $0 })
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
    func cancel(_ id: SequenceID) {
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

    /// Takes into account what came of a plan's moves. Sequences whose moves did not go as planned wait or end.
    ///
    /// - Returns: those that cannot take part in the step.
    func settle(_ results: [MoveResult]) -> Set<SequenceID> {
        guard !results.isEmpty else { return [] }
        let (unready, counts) = table.withLock { ($0.settle(results, at: now), $0.takeCounts()) }
        prefixMetrics.record(counts)
        for (id, error) in unready.failed { fail(id, error) }
        return unready.ids
    }

    /// What was to be kept or closed by a plan is.
    func closed(_ plan: StepPlan) {
        for id in plan.closes.values.joined() + plan.keeps.filter(\.closes).map(\.id) {
            guard let (sequence, end) = leaving.withLock({ $0.removeValue(forKey: id) }) else { continue }
            sequence.end(end)
        }
    }

    /// The rows of a step that begins now.
    func begin(_ plan: StepPlan, except unready: Set<SequenceID>, at instant: ContinuousClock.Instant) -> [SequenceRows]
    {
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

    /// A step with so many rows took `seconds`.
    func noteStep(generating: Int, prompt: Int, seconds: Double) {
        table.withLock { $0.noteStep(generating: generating, prompt: prompt, seconds: seconds) }
    }

    /// A step failed: its sequences fail with it, or begin anew.
    ///
    /// - Parameter replica: the one that made it fail; nil where it was none, or nobody knows.
    func recover(
        _ ids: [SequenceID], from error: any Error, _ failure: StepFailure, on replica: ReplicaID?
    ) -> Recovery {
        let recovery = table.withLock { $0.recover(ids, from: failure, on: replica, at: now) }
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
        let left = leaving.withLock { leaving in
            defer { leaving = [:] }
            return leaving.values.map(\.sequence)
        }
        for sequence in left { sequence.end(.failed(GenerationError.unavailable(reasonOfEnd))) }
    }

    func report() {
        let (counts, usage, states, tokens) = table.withLock { table in
            let scheduler = table.scheduler
            return (scheduler.counts, scheduler.memoryUsage, table.book.stateCount, table.book.tokenCount)
        }
        metrics.record(counts, stateUsage: usage)
        prefixMetrics.record(states: states, tokens: tokens)
    }

    // MARK: ends

    private func fail(_ id: SequenceID, _ error: any Error) {
        end(id, isSound: false) { _ in .failed(by: error, ending: status.ending) }
    }

    /// Of no effect on a sequence that is gone already.
    ///
    /// - Parameter isSound: its state is what its tokens lead to.
    private func end(_ id: SequenceID, isSound: Bool = true, _ end: (LiveSequence) -> SequenceEnd) {
        guard let sequence = table.withLock({ $0.remove(id, isSound: isSound, at: now) }) else { return }
        let end = end(sequence)
        if case .finished = end {
            metrics.record(sequence)
            if sequence.request.keepsEnd { return leaving.withLock { $0[id] = (sequence, end) } }
        }
        sequence.end(end)
    }
}
