internal import Checkpoint
internal import Logging
internal import Messages

/// Carries all sequences through the model together, step after step. `Scheduler` decides what a step holds,
/// `LiveSequences` knows the sequences and ends them, `TokenChooser` samples; here is the loop.
final class StepEngine: Sendable {
    struct Config: Sendable {
        var schedule: ScheduleConfig
        /// As metrics name it.
        var modelName: String
        /// Ids where an answer ends.
        var endTokens: Set<Int32>
        /// Ids of tokens that were never trained (their embedding is zero), and so are never chosen.
        var suppressed: [Int32]
        /// Whether prefixes are reused, and where states are kept for that.
        var keeping = KeepPolicy()
    }

    let pass: ForwardPass
    private let config: Config
    private let status: ClusterStatus
    private let logger: Logger
    private let metrics: StepMetrics
    private let mover: SequenceMover
    private let chooser: TokenChooser
    private let sequences: LiveSequences

    init(_ config: Config, pass: ForwardPass, status: ClusterStatus, logger: Logger) {
        self.config = config
        self.pass = pass
        self.status = status
        self.logger = logger
        metrics = StepMetrics(model: config.modelName)
        mover = SequenceMover(attention: pass.attention, logger: logger)
        chooser = TokenChooser(attention: pass.attention, compute: pass.compute)
        sequences = LiveSequences(
            config, stateSize: pass.weights.config.stateSize, status: status, metrics: metrics)
    }

    /// Steps for as long as the router lives; then fails what is left.
    func run() async {
        var pace = PromptPace(target: config.schedule.paceTarget, rowsMax: config.schedule.promptRowsMax)
        var overlap = OverlapPolicy(config.schedule.overlap)
        while !Task.isCancelled {
            if let missing = status.hopeless { sequences.failWaiting(.unavailable(missing)) }
            guard status.isAttentionThere else {
                sequences.report()
                await sequences.changed.wait()
                continue
            }
            let plan = sequences.plan(promptRowsMax: config.schedule.promptRowsMax, pace)
            metrics.makesRoom(plan)
            if plan.isEmpty {
                await sequences.changed.wait()
            } else {
                await step(plan, &pace, &overlap)
            }
            sequences.report()
        }
        sequences.close()
    }

    /// One step. What fails, fails the sequences it concerns and nothing else.
    private func step(_ plan: StepPlan, _ pace: inout PromptPace, _ overlap: inout OverlapPolicy) async {
        let begin = ContinuousClock.now
        let meter = StepMeter()
        let work = sequences.begin(plan, except: await prepare(plan), at: begin)
        guard !work.isEmpty else { return }
        let (generating, prompt) = (min(plan.generatingCount, work.count), plan.promptRowCount)
        let overlapped = overlap.overlaps(generating: generating, prompt: prompt)
        do {
            let hidden = try await pass.hidden(for: Batch(work), overlapped: overlapped, meter: meter)
            sequences.take(try await chooser.choose(work, hidden, meter))
        } catch {
            return await recover(work.map(\.sequence.id), from: error)
        }
        let seconds = begin.duration(to: .now) / .seconds(1)
        pass.finished(meter)
        pace.record(generating: generating, prompt: prompt, seconds: seconds)
        overlap.record(generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
        sequences.noteStep(generating: generating, prompt: prompt, seconds: seconds)
        metrics.record(meter, generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
    }

    /// States are closed, kept, parked, grown, brought back and opened before the step that needs it.
    ///
    /// - Returns: sequences that cannot take part.
    private func prepare(_ plan: StepPlan) async -> Set<SequenceID> {
        let unready = sequences.settle(await mover.perform(plan.moves))
        sequences.closed(plan)
        // An attention service that does not answer is not asked again at once.
        if !unready.isEmpty, !pass.attention.isConnected { await waitForNews() }
        return unready
    }

    private func recover(_ ids: [SequenceID], from error: any Error) async {
        let failure = StepFailure(error)
        logger.notice(
            "a step failed",
            metadata: [
                "error": "\(error)", "sequences": "\(ids.count)", "meaning": "\(failure)",
            ])
        let recovery = sequences.recover(ids, from: error, failure)
        metrics.recovered(recovery.restartedCount)
        if recovery.waitsForNews { await waitForNews() }
    }

    /// Time for the connection's end to be noticed.
    private func waitForNews() async { try? await Task.sleep(for: .milliseconds(50)) }
}

/// From any task, at any time.
extension StepEngine: AttentionUser {
    /// - Throws: `GenerationError` where the sequence cannot be taken.
    func submit(_ request: GenerationRequest) throws(GenerationError) -> (id: SequenceID, outputs: LiveSequence.Outputs)
    {
        try sequences.submit(request)
    }

    func cancel(_ id: SequenceID) { sequences.cancel(id) }

    /// The kept states whose tokens some tokens begin with, the shortest first, and their lengths.
    func states(along tokens: [Int32], in scope: PrefixScope) -> [(id: StateID, length: Int)] {
        sequences.states(along: tokens, in: scope)
    }

    /// The kept state of exactly these tokens.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { sequences.state(of: tokens, in: scope) }

    /// What the attention service has for states, in bytes; 0: it was not there yet.
    var memoryBytes: Int { sequences.memoryBytes }
    func refuseWaiting() { sequences.refuseWaiting() }

    var tokensMax: Int { sequences.tokensMax }
    func setMemory(bytes: Int, othersBytes: Int) { sequences.setMemory(bytes: bytes, othersBytes: othersBytes) }
    func lostLiveStates() { sequences.lostLiveStates() }
    var states: (shared: Set<StateID>, parked: Set<StateID>) { sequences.states }
    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope) { sequences.found(state, tokens, in: scope) }
    func gone(_ states: Set<StateID>) { sequences.gone(states) }
    func signal() { sequences.signal() }
}

extension Batch {
    init(_ work: [SequenceRows]) {
        self.init()
        for part in work {
            let rows = part.rows
            append(part.sequence.tokens(start: rows.start, count: rows.count), of: part.sequence.id, start: rows.start)
        }
    }
}
