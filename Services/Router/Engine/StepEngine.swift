internal import Checkpoint
internal import Logging
internal import Messages
internal import Tensors

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
        /// How attention stores keys and values.
        var keyValues = FloatFormat.float32
    }

    let pass: ForwardPass
    let replicas: AttentionReplicas
    private let config: Config
    private let status: ClusterStatus
    private let logger: Logger
    private let metrics: StepMetrics
    private let mover: SequenceMover
    private let chooser: TokenChooser
    let sequences: LiveSequences

    init(
        _ config: Config, pass: ForwardPass, replicas: AttentionReplicas, status: ClusterStatus, logger: Logger
    ) {
        self.config = config
        self.pass = pass
        self.replicas = replicas
        self.status = status
        self.logger = logger
        metrics = StepMetrics(model: config.modelName)
        mover = SequenceMover(replicas: replicas, logger: logger)
        chooser = TokenChooser(
            attention: replicas, vocabulary: pass.weights.config.vocabularySize, compute: pass.compute,
            suppressed: config.suppressed)
        sequences = LiveSequences(
            config, stateSize: pass.weights.config.stateSize(of: 1, keyValues: config.keyValues), status: status,
            metrics: metrics)
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
            let carried = try await pass.carry(Batch(work), overlapped: overlapped, meter: meter)
            let (through, stopped) = carried.sorted(work)
            sequences.take(try await chooser.choose(through, carried.hidden, meter))
            await recover(stopped, from: carried.lost)
            guard stopped.isEmpty else { return }
        } catch let error as NoRowsLeft {
            return await recover(Dictionary(grouping: work, by: \.rows.replica), from: error.lost)
        } catch {
            return await recover(work, from: error)
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
        let moves = plan.moves
        let unready = sequences.settle(await mover.perform(moves))
        sequences.closed(plan)
        // An attention service that does not answer is not asked again at once.
        if !unready.isEmpty, !mover.reaches(moves.keys) { await waitForNews() }
        return unready
    }

    /// - Parameters:
    ///   - work: by the replica of attention where it was, which made the step fail for it.
    ///   - lost: what was wrong with each replica.
    private func recover(_ work: [ReplicaID: [SequenceRows]], from lost: [ReplicaID: any Error]) async {
        for (replica, part) in work {
            if let error = lost[replica] { await recover(part, from: error, on: replica) }
        }
    }

    /// - Parameter replica: of attention, where it made the step fail for those sequences that live there.
    private func recover(_ work: [SequenceRows], from error: any Error, on replica: ReplicaID? = nil) async {
        let ids = work.map(\.sequence.id)
        let failure = StepFailure(error)
        logger.notice(
            "a step failed",
            metadata: [
                "error": "\(error)", "sequences": "\(ids.count)", "meaning": "\(failure)",
            ])
        let recovery = sequences.recover(ids, from: error, failure, on: replica)
        metrics.recovered(recovery.restartedCount)
        if recovery.waitsForNews { await waitForNews() }
    }

    /// Time for the connection's end to be noticed.
    private func waitForNews() async { try? await Task.sleep(for: .milliseconds(50)) }
}

/// From any task, at any time.
extension StepEngine {
    /// - Throws: `GenerationError` where the sequence cannot be taken.
    func submit(_ request: GenerationRequest) throws(GenerationError) -> (id: SequenceID, outputs: LiveSequence.Outputs)
    {
        try sequences.submit(request)
    }

    func cancel(_ id: SequenceID) { sequences.cancel(id) }

    /// The router stops: what has not begun never will, and learns that at once.
    func refuseWaiting() { sequences.refuseWaiting() }

    /// Something has changed that the next step may depend on, or time has passed.
    func signal() { sequences.signal() }
}

extension Batch {
    init(_ work: [SequenceRows]) {
        self.init()
        for part in work {
            let rows = part.rows
            append(
                part.sequence.tokens(start: rows.start, count: rows.count), of: part.sequence.id, on: rows.replica,
                start: rows.start)
        }
    }
}

extension Carried {
    /// Rows that came through, in the order of `hidden`, and those that did not, by the replica that was lost.
    ///
    /// - Parameter work: what the batch was made of.
    func sorted(_ work: [SequenceRows]) -> (through: [SequenceRows], stopped: [ReplicaID: [SequenceRows]]) {
        guard !lost.isEmpty else { return (work, [:]) }
        let stopped = work.filter { lost[$0.rows.replica] != nil }
        return (
            work.filter { lost[$0.rows.replica] == nil }, Dictionary(grouping: stopped, by: \.rows.replica)
        )
    }
}
