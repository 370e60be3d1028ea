internal import Checkpoint
internal import Logging
internal import Synchronization
internal import Tensors
internal import Transport

/// Carries all sequences through the model together, step after step. `Scheduler` decides what a step holds; here it is done.
///
/// `run` is the engine's life. Sequences come and go from any task at any time, and are taken into account by the next step.
final class StepEngine: Sendable {
    struct Config: Sendable {
        var schedule: ScheduleConfig
        /// As metrics name it.
        var modelName: String
        /// Ids where an answer ends.
        var endTokens: Set<Int32>
        /// Ids that stand for nothing and are never chosen (spec 2.12).
        var suppressed: [Int32]
    }

    private struct State {
        var scheduler: Scheduler
        var sequences: [UInt64: LiveSequence] = [:]
        var lastID: UInt64 = 0
        /// The attention service has dropped all states since the last step.
        var hasLostStates = false
        /// No step follows any more.
        var isOver = false
    }

    let pass: ForwardPass
    private let config: Config
    private let status: ClusterStatus
    private let logger: Logger
    private let metrics: StepMetrics
    private let moves: SessionMoves
    private let chooser: TokenChooser
    private let state: Mutex<State>
    private let start = ContinuousClock.now
    private let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init(_ config: Config, pass: ForwardPass, status: ClusterStatus, logger: Logger) {
        self.config = config
        self.pass = pass
        self.status = status
        self.logger = logger
        metrics = StepMetrics(model: config.modelName)
        moves = SessionMoves(attention: pass.attention, logger: logger)
        chooser = TokenChooser(attention: pass.attention, compute: pass.compute)
        state = Mutex(State(scheduler: Scheduler(config.schedule.limits)))
        (news, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private var now: Duration { start.duration(to: .now) }

    // MARK: from any task

    /// - Throws: `GenerationError` where the sequence cannot be taken.
    func submit(_ request: GenerationRequest) throws(GenerationError) -> (id: UInt64, outputs: AsyncThrowingStream<LiveSequence.Output, any Error>) {
        let (outputs, continuation) = AsyncThrowingStream<LiveSequence.Output, any Error>.makeStream()
        let now = now
        let demand = Demand(
            account: request.account, priority: request.priority, promptCount: request.prompt.count, answerMax: request.tokensMax,
            state: pass.weights.config.sessionSize, deadline: request.timeout.map { now + $0 })
        let (id, submission) = try state.withLock { state throws(GenerationError) in
            guard !state.isOver else { throw .unavailable(reasonOfEnd) }
            state.lastID += 1
            let submission = state.scheduler.submit(state.lastID, demand, at: now)
            if submission == .queued {
                state.sequences[state.lastID] = LiveSequence(
                    state.lastID, request, suppressed: config.suppressed, endTokens: config.endTokens, outputs: continuation)
            }
            return (state.lastID, submission)
        }
        switch submission {
        case .queued: break
        case .full(let wait): throw .overloaded("too many requests wait already; try again later", retryAfter: wait)
        case .tooLarge(let tokensMax): throw .tooLarge("the prompt has \(request.prompt.count) tokens, and the attention service has memory for \(tokensMax)")
        }
        report()
        ring()
        return (id, outputs)
    }

    /// Nobody wants the sequence any more. Its rows are gone from the next step on.
    func cancel(_ id: UInt64) {
        guard remove(id) != nil else { return }
        report()
        ring()
    }

    /// The router stops: what has not begun never will, and learns that at once. A request of several choices has begun with its first.
    func refuseWaiting() {
        let sequences = state.withLock { Array($0.sequences.values) }
        let begun = Set(sequences.filter { $0.progress.withLock { $0.begun != nil } }.map(\.request.jobID))
        for sequence in sequences where !begun.contains(sequence.request.jobID) { fail(sequence.id, GenerationError.unavailable(Self.stopping)) }
    }

    private static let stopping = "the server is stopping"
    private var reasonOfEnd: String { status.ending ?? Self.stopping }

    /// What the attention service has for the state of all sequences, and what of it others than this router take.
    func setMemory(bytes: Int, othersBytes: Int = 0) {
        state.withLock { ($0.scheduler.limits.memoryBytes, $0.scheduler.limits.othersBytes) = (bytes, othersBytes) }
        ring()
    }

    /// The attention service has none of the states it had: it is another process, or was told to drop them.
    func lostStates() {
        state.withLock { $0.hasLostStates = true }
        ring()
    }

    /// Most tokens of prompt and answer together that there is memory for.
    var tokensMax: Int { pass.weights.config.sessionSize.tokens(within: state.withLock { $0.scheduler.limits.memoryBytes }) }

    /// Lets the loop look at what has changed, time included.
    func ring() { bell.yield() }

    // MARK: the loop

    /// Steps for as long as the router lives; then fails what is left.
    func run() async {
        var pace = PromptPace(target: config.schedule.paceTarget, rowsMax: config.schedule.promptRowsMax)
        var overlap = OverlapPolicy(config.schedule.overlap)
        var rings = news.makeAsyncIterator()
        while !Task.isCancelled {
            if let missing = status.hopeless { failWaiting(.unavailable(missing)) }
            guard status.isAttentionThere else {
                report()
                _ = await rings.next()
                continue
            }
            let plan = state.withLock { state in
                if state.hasLostStates { state.scheduler.lostAllStates() }
                state.hasLostStates = false
                let rows = (beside: pace.rows(beside: state.scheduler.generatingCount), alone: config.schedule.promptRowsMax)
                return state.scheduler.plan(at: now, promptRowsMax: rows)
            }
            for id in plan.expired { expire(id) }
            for id in plan.outgrown { outgrow(id) }
            metrics.makesRoom(plan)
            if plan.isEmpty {
                _ = await rings.next()
            } else {
                await step(plan, &pace, &overlap)
            }
            report()
        }
        let left = state.withLock { state in
            state.isOver = true
            return Array(state.sequences.keys)
        }
        for id in left { fail(id, GenerationError.unavailable(reasonOfEnd)) }
    }

    /// One step. What fails, fails the sequences it concerns and nothing else.
    private func step(_ plan: StepPlan, _ pace: inout PromptPace, _ overlap: inout OverlapPolicy) async {
        let begin = ContinuousClock.now
        let meter = StepMeter()
        let unready = await prepare(plan)
        let work = plan.rows.compactMap { rows in
            unready.contains(rows.id) ? nil : state.withLock { $0.sequences[rows.id] }.map { SequenceRows(sequence: $0, rows: rows) }
        }
        guard !work.isEmpty else { return }
        let (generating, prompt) = (min(plan.generatingCount, work.count), plan.promptRowCount)
        for part in work { part.sequence.progress.withLock { $0.begun = $0.begun ?? begin } }
        let overlapped = overlap.overlaps(generating: generating, prompt: prompt)
        do {
            let hidden = try await pass.hidden(for: Batch(work), overlapped: overlapped, meter: meter)
            let choices = try await chooser.choose(work, hidden, meter)
            state.withLock { $0.scheduler.completed(work.map(\.rows)) }
            for choice in choices { deliver(choice) }
        } catch {
            return await recover(work.map(\.sequence.id), from: error)
        }
        let seconds = begin.duration(to: .now) / .seconds(1)
        pass.experts.hosts.load.note(stepSeconds: meter[.experts] / .seconds(1))
        pace.record(generating: generating, prompt: prompt, seconds: seconds)
        overlap.record(generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
        metrics.record(meter, generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
    }

    /// Sessions are closed, parked, grown, brought back and opened before the step that needs it.
    ///
    /// - Returns: sequences that cannot take part.
    private func prepare(_ plan: StepPlan) async -> Set<UInt64> {
        var unready: Set<UInt64> = []
        for mishap in await moves.perform(plan) {
            switch mishap {
            case .stayedInMemory(let id): state.withLock { $0.scheduler.stayedInMemory(id, at: now) }
            case .lackedMemory(let id, let wish, let error):
                unready.insert(id)
                if !state.withLock({ $0.scheduler.lackedMemory(id, wish, at: now) }) { fail(id, error) }
            case .lost(let id):
                unready.insert(id)
                state.withLock { $0.scheduler.lostState(id) }
            case .failed(let id, let error):
                unready.insert(id)
                fail(id, error)
            }
        }
        // An attention service that does not answer is not asked again at once.
        if unready.count > 0, !pass.attention.rpc.isConnected { await waitForNews() }
        return unready
    }

    /// A step failed, and nobody knows how far it came: the sequences begin anew with all their tokens, which leads to the same bytes.
    private func recover(_ ids: [UInt64], from error: any Error) async {
        let failure = StepFailure(error)
        logger.notice("a step failed", metadata: ["error": "\(error)", "sequences": "\(ids.count)", "meaning": "\(failure)"])
        guard failure != .hopeless else {
            for id in ids { fail(id, error) }
            return
        }
        let given = state.withLock { $0.scheduler.failed(ids, isolating: failure == .suspicious) }
        for id in given { fail(id, error) }
        metrics.recovered(ids.count - given.count)
        if failure == .stateLost { await waitForNews() }
    }

    /// Time for the connection's end to be noticed.
    private func waitForNews() async { try? await Task.sleep(for: .milliseconds(50)) }

    // MARK: tokens

    private func deliver(_ choice: TokenChooser.Choice) {
        let sequence = choice.part.sequence, request = sequence.request, rows = choice.part.rows
        let isFirst = sequence.progress.withLock { $0.generated.isEmpty }
        if isFirst {
            sequence.send(.prefillProgress(done: rows.start + rows.count, of: request.prompt.count))
            if rows.yieldsToken, request.promptLogprobs { sequence.send(.prompt(sequence.progress.withLock { $0.promptLogprobs })) }
        }
        guard rows.yieldsToken else { return }
        guard let token = choice.token else { return end(sequence, .length) }
        if config.endTokens.contains(token), !request.ignoreEnd { return end(sequence, .stop) }
        sequence.send(.token(token, choice.logprobs))
        let isLast = sequence.progress.withLock { progress in
            progress.generated.append(token)
            progress.firstToken = progress.firstToken ?? .now
            return progress.generated.count == request.tokensMax
        }
        if isLast { end(sequence, .length) }
    }

    // MARK: ends

    private func end(_ sequence: LiveSequence, _ reason: FinishReason) {
        guard remove(sequence.id) != nil else { return }
        metrics.record(sequence)
        sequence.end(reason)
    }

    private func fail(_ id: UInt64, _ error: any Error) {
        let told: any Error = switch error {
        case _ where status.ending != nil: GenerationError.unavailable(reasonOfEnd)     // whatever the end has led to
        case let error as RPCError: GenerationError(error)
        case let error as ClusterError: GenerationError(error)
        default: error
        }
        remove(id)?.fail(told)
    }

    private func expire(_ id: UInt64) {
        guard let sequence = remove(id), let timeout = sequence.request.timeout else { return }
        let (begun, generated) = sequence.progress.withLock { ($0.begun, $0.generated.count) }
        let stage = begun == nil ? "while it waited for its turn" : generated == 0 ? "while its prompt was read" : "after \(generated) tokens"
        sequence.fail(GenerationError.deadline("the request's timeout of \(timeout / .seconds(1)) s passed \(stage)"))
    }

    /// There is no memory for a further token: the answer ends here.
    private func outgrow(_ id: UInt64) {
        guard let sequence = remove(id) else { return }
        guard sequence.progress.withLock({ $0.generated.isEmpty }) else {
            metrics.record(sequence)
            return sequence.end(.length)
        }
        let count = sequence.request.prompt.count
        sequence.fail(GenerationError.tooLarge("the prompt has \(count) tokens, and the attention service has memory for \(tokensMax)"))
    }

    private func failWaiting(_ error: GenerationError) {
        for id in state.withLock({ $0.scheduler.queue.map(\.id) }) { fail(id, error) }
    }

    /// - Returns: nil where it is gone already.
    private func remove(_ id: UInt64) -> LiveSequence? {
        state.withLock { state in
            state.scheduler.end(id, at: now)
            return state.sequences.removeValue(forKey: id)
        }
    }

    private func report() {
        let (counts, usage) = state.withLock { ($0.scheduler.counts, Double($0.scheduler.reservedBytes) / Double(max(1, $0.scheduler.limits.memoryBytes))) }
        metrics.record(counts, stateUsage: usage)
    }
}

extension Batch {
    init(_ work: [SequenceRows]) {
        self.init()
        for part in work { append(part.sequence.tokens(start: part.rows.start, count: part.rows.count), of: part.sequence.id, start: part.rows.start) }
    }
}
