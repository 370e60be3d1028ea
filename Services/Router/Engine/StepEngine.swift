internal import Checkpoint
internal import Logging
internal import Messages
internal import Synchronization
internal import Tensors
internal import Transport

/// Carries all sequences through the model together, step after step. `Scheduler` decides what a step holds; here it is done.
///
/// `run` is the engine's life. Sequences come and go from any task at any time, and are taken into account by the next step.
final class StepEngine: Sendable {
    struct Config: Sendable {
        var limits: Scheduler.Limits
        /// Most prompt tokens in one pass: bounds the size of messages.
        var promptRowsMax: Int
        var paceTarget: PromptPace.Target
        var overlap: OverlapMode
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
    }

    let pass: ForwardPass
    private let config: Config
    private let status: ClusterStatus
    private let logger: Logger
    private let metrics: StepMetrics
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
        state = Mutex(State(scheduler: Scheduler(config.limits)))
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
            stateBytes: pass.weights.config.sessionBytes(tokensMax: request.prompt.count + request.tokensMax), deadline: request.timeout.map { now + $0 })
        let (id, submission) = state.withLock { state in
            state.lastID += 1
            let submission = state.scheduler.submit(state.lastID, demand, at: now)
            if submission == .queued {
                state.sequences[state.lastID] = LiveSequence(state.lastID, request, suppressed: config.suppressed, outputs: continuation)
            }
            return (state.lastID, submission)
        }
        switch submission {
        case .queued: break
        case .full(let wait): throw .overloaded("too many requests wait already; try again later", retryAfter: wait)
        case .tooLarge(let bytes):
            throw .tooLarge("the state of \(demand.tokensMax) tokens takes \(demand.stateBytes >> 20) MiB, and the attention service has \(bytes >> 20) MiB for all requests")
        }
        report()
        bell.yield()
        return (id, outputs)
    }

    /// Nobody wants the sequence any more. Its rows are gone from the next step on.
    func cancel(_ id: UInt64) {
        guard remove(id) != nil else { return }
        report()
        bell.yield()
    }

    /// The router stops: what has not begun never will, and learns that at once. A request of several choices has begun with its first.
    func refuseWaiting() {
        let sequences = state.withLock { Array($0.sequences.values) }
        let begun = Set(sequences.filter { $0.progress.withLock { $0.begun != nil } }.map(\.request.jobID))
        for sequence in sequences where !begun.contains(sequence.request.jobID) { fail(sequence.id, GenerationError.unavailable(Self.stopping)) }
    }

    private static let stopping = "the server is stopping"

    /// What the attention service has for the state of all sequences.
    func setMemory(bytes: Int) { state.withLock { $0.scheduler.limits.memoryBytes = bytes } }

    // MARK: the loop

    /// Steps for as long as the router lives; then fails what is left.
    func run() async {
        var pace = PromptPace(target: config.paceTarget, rowsMax: config.promptRowsMax)
        var overlap = OverlapPolicy(config.overlap)
        var rings = news.makeAsyncIterator()
        while !Task.isCancelled {
            if let missing = status.missing { failWaiting(.unavailable(missing)) }
            let plan = state.withLock { state in
                let rows = (beside: pace.rows(beside: state.scheduler.generatingCount), alone: config.promptRowsMax)
                return state.scheduler.plan(at: now, promptRowsMax: rows)
            }
            for id in plan.expired { expire(id) }
            if plan.isEmpty {
                _ = await rings.next()
            } else {
                await step(plan, &pace, &overlap)
            }
            report()
        }
        for id in state.withLock({ Array($0.sequences.keys) }) { fail(id, GenerationError.unavailable(Self.stopping)) }
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
            let choices = try await choose(work, hidden, meter)
            state.withLock { $0.scheduler.completed(work.map(\.rows)) }
            for choice in choices { deliver(choice) }
        } catch {
            logger.notice("a step failed", metadata: ["error": "\(error)", "sequences": "\(work.count)"])
            for part in work { fail(part.sequence.id, error) }
            return
        }
        let seconds = begin.duration(to: .now) / .seconds(1)
        pass.experts.hosts.load.note(stepSeconds: meter[.experts] / .seconds(1))
        pace.record(generating: generating, prompt: prompt, seconds: seconds)
        overlap.record(generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
        metrics.record(meter, generating: generating, prompt: prompt, overlapped: overlapped, seconds: seconds)
    }

    /// Sessions are closed, parked, brought back and opened before the step that needs it.
    ///
    /// - Returns: sequences that cannot take part.
    private func prepare(_ plan: StepPlan) async -> Set<UInt64> {
        var unready: Set<UInt64> = []
        do {
            if !plan.closes.isEmpty { try await pass.attention.close(plan.closes) }
        } catch {
            // A restarted attention service has forgotten them anyway; a connected one is told to drop all at the next start.
            logger.info("sessions not closed", metadata: ["sessions": "\(plan.closes)", "error": "\(error)"])
        }
        for id in plan.parks {
            do { _ = try await pass.attention.park(id) } catch { fail(id, error) }
        }
        for id in plan.resumes where await !take(id, wasParked: true, { _ = try await pass.attention.resume(id) }) { unready.insert(id) }
        for (id, tokensMax) in plan.opens.sorted(by: { $0.key < $1.key })
        where await !take(id, wasParked: false, { try await pass.attention.open(id, tokensMax: tokensMax) }) { unready.insert(id) }
        return unready
    }

    /// Brings a session into attention's memory. Where that has no room the sequence waits again, if there is something to wait for.
    private func take(_ id: UInt64, wasParked: Bool, _ bring: () async throws -> Void) async -> Bool {
        do {
            try await bring()
            return true
        } catch let error as RPCError where error.code == .resourceExhausted {
            if !state.withLock({ $0.scheduler.lackedMemory(id, wasParked: wasParked) }) { fail(id, error) }
        } catch {
            fail(id, error)
        }
        return false
    }

    // MARK: tokens

    /// What came of one sequence's rows.
    private struct Choice: Sendable {
        let part: SequenceRows
        let token: Int32?
        let logprobs: TokenLogprobs?
    }

    /// Samples for all sequences whose rows end in one that yields a token.
    private func choose(_ work: [SequenceRows], _ hidden: Tensor, _ meter: StepMeter) async throws -> [Choice] {
        var firstRow = 0
        var lastRows: [Float] = []
        for part in work {
            if part.sequence.request.promptLogprobs { try await noteLogprobs(of: part, hidden.rows(firstRow ..< firstRow + part.rows.count)) }
            firstRow += part.rows.count
            if part.needsToken { lastRows += hidden.row(firstRow - 1) }
        }
        let choosing = work.filter(\.needsToken)
        guard !choosing.isEmpty else { return work.map { Choice(part: $0, token: nil, logprobs: nil) } }
        let logits = try await meter.time(.attention) { try await pass.attention.logits(Tensor(columns: hidden.columns, values: lastRows)) }
        let chosen = Slots<Choice>(count: choosing.count)
        meter.time(.sampling) {
            pass.compute.inParts(choosing.count) { indices in
                for index in indices {
                    let part = choosing[index], span = logits.row(index).span
                    let token = part.sequence.progress.withLock { $0.sampler.next(span) }
                    chosen[index] = Choice(part: part, token: token, logprobs: part.sequence.request.topLogprobs.map { TokenLogprobs(of: token, in: span, alternatives: $0) })
                }
            }
        }
        return work.filter { !$0.needsToken }.map { Choice(part: $0, token: nil, logprobs: nil) } + chosen[0 ..< choosing.count]
    }

    /// Logits of every prompt row are large: a few rows at a time, and each row only as long as it is read.
    private func noteLogprobs(of part: SequenceRows, _ hidden: Tensor) async throws {
        let request = part.sequence.request
        for row in stride(from: 0, to: hidden.rows, by: Self.logitRowsMax) {
            let rows = row ..< min(row + Self.logitRowsMax, hidden.rows)
            let logits = try await pass.attention.logits(hidden.rows(rows))
            for index in rows where part.rows.start + index + 1 < request.prompt.count {
                let next = TokenLogprobs(of: request.prompt[part.rows.start + index + 1], in: logits.row(index - rows.lowerBound).span, alternatives: request.topLogprobs ?? 0)
                part.sequence.progress.withLock { $0.promptLogprobs.append(next) }
            }
        }
    }

    private static let logitRowsMax = 16

    private func deliver(_ choice: Choice) {
        let sequence = choice.part.sequence, request = sequence.request, rows = choice.part.rows
        if rows.start < request.prompt.count {
            sequence.send(.prefillProgress(done: rows.start + rows.count, of: request.prompt.count))
            if rows.yieldsToken, request.promptLogprobs { sequence.send(.prompt(sequence.progress.withLock { $0.promptLogprobs })) }
        }
        guard rows.yieldsToken else { return }
        guard let token = choice.token else { return end(sequence, .length) }
        if config.endTokens.contains(token), !request.ignoreEnd { return end(sequence, .stop) }
        sequence.send(.token(token, choice.logprobs))
        let isLast = sequence.progress.withLock { progress in
            progress.next = UInt32(token)
            progress.generated += 1
            progress.firstToken = progress.firstToken ?? .now
            return progress.generated == request.tokensMax
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
        case let error as RPCError: GenerationError(error)
        case let error as ClusterError: GenerationError(error)
        default: error
        }
        remove(id)?.fail(told)
    }

    private func expire(_ id: UInt64) {
        guard let sequence = remove(id), let timeout = sequence.request.timeout else { return }
        let (begun, generated) = sequence.progress.withLock { ($0.begun, $0.generated) }
        let stage = begun == nil ? "while it waited for its turn" : generated == 0 ? "while its prompt was read" : "after \(generated) tokens"
        sequence.fail(GenerationError.deadline("the request's timeout of \(timeout / .seconds(1)) s passed \(stage)"))
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

/// Rows of a step and whose they are.
struct SequenceRows: Sendable {
    let sequence: LiveSequence
    let rows: StepPlan.Rows

    /// A request for no tokens reads its prompt only.
    var needsToken: Bool { rows.yieldsToken && sequence.request.tokensMax > 0 }
}

extension Batch {
    init(_ work: [SequenceRows]) {
        self.init()
        for part in work { append(part.sequence.tokens(start: part.rows.start, count: part.rows.count), of: part.sequence.id, start: part.rows.start) }
    }
}
