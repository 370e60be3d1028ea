internal import Tokenizer

/// A job at work: all its choices run at once (up to a limit) and their pieces arrive in `events`, interleaved.
///
/// It runs in a task of its own, because whether the answer is a refusal or a stream is decided before the response
/// begins, while the stream is written after the endpoint returned: no scope spans both. The task ends with this object
/// at the latest. Events wait in memory for a slow reader, so that it never slows the engine's other sequences;
/// `tokensMax` bounds them.
final class RunningJob: Sendable {
    enum Event: Sendable {
        case delta(ChoiceDelta)
        /// Nothing was sent for a while.
        case quiet
    }

    /// What the job runs on.
    struct Resources: Sendable {
        let generator: any Generator
        let tokenizer: BytePairTokenizer
        let metrics: FrontMetrics
        let choicesAtOnce: Int
        /// Whose job it is.
        let account: Int
        /// Within which it shares prefixes.
        let scope: PrefixScope
    }

    /// Throws what the generator threw. May be read in turns, but only by one reader at a time.
    let events: AsyncThrowingStream<Event, any Error>
    let tally: Tally
    private let task: Task<Void, Never>

    /// - Parameter keepAlive: longest silence before `.quiet`; nil never tells.
    init(_ job: Job, id: String, on resources: Resources, keepAlive: Duration?) {
        let (events, continuation) = AsyncThrowingStream<Event, any Error>.makeStream()
        let tally = Tally()
        self.events = events
        self.tally = tally
        let task = Task {
            do {
                try await Self.run(job, id: id, on: resources, keepAlive: keepAlive, tally: tally, continuation)
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        self.task = task
        continuation.onTermination = { _ in task.cancel() }        // a cancelled reader ends the stream
    }

    deinit { task.cancel() }

    /// Stops all choices within one token.
    func cancel() { task.cancel() }

    private static func run(
        _ job: Job, id: String, on resources: Resources, keepAlive: Duration?, tally: Tally,
        _ continuation: AsyncThrowingStream<Event, any Error>.Continuation
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in        // true: a choice has ended
            if let keepAlive {
                tasks.addTask {
                    try await tellSilence(keepAlive, tally, continuation)
                    return false
                }
            }
            let firsts = job.prompts.map { _ in FirstChoice() }
            var waiting = job.choices[...]
            var running = 0
            while running > 0 || !waiting.isEmpty {
                while running < resources.choicesAtOnce, let choice = waiting.popFirst() {
                    tasks.addTask {
                        try await runChoice(
                            choice, of: job, id: id, after: firsts[choice.prompt], on: resources, tally: tally,
                            continuation)
                        return true
                    }
                    running += 1
                }
                if try await tasks.next() == true { running -= 1 }
            }
            tasks.cancelAll()
        }
    }

    /// The first choice of a prompt is always among those that run, or has ended, so the others do not wait for ever.
    private static func runChoice(
        _ choice: Job.Choice, of job: Job, id: String, after first: FirstChoice, on resources: Resources, tally: Tally,
        _ continuation: AsyncThrowingStream<Event, any Error>.Continuation
    ) async throws {
        var run = ChoiceRun(choice, of: job, after: first, on: resources, tally: tally) {
            continuation.yield(.delta($0))
        }
        do {
            if !choice.isFirst { try await first.waitUntilSubmitted() }
            let request = job.generationRequest(
                for: choice, id: id, account: resources.account, scope: resources.scope)
            let reason = try await generate(request, waits: choice.index > 0, on: resources.generator) {
                try await run.take($0)
            }
            try Task.checkCancellation()
            if choice.isFirst { first.noteEnd() }
            try await run.finish(reason)
        } catch {
            if choice.isFirst { first.noteFailure(error) }
            throw error
        }
    }

    /// Whether a full queue refuses a job is decided by its first choice. The others wait for room: an answer that has
    /// begun does not end because one of its choices came at a bad moment.
    static func generate(
        _ request: GenerationRequest, waits: Bool, on generator: any Generator,
        emit: (GenerationEvent) async throws -> Bool
    ) async throws -> FinishReason {
        let giveUp = ContinuousClock.now.advanced(by: request.timeout ?? waitMax)
        var hasBegun = false
        while true {
            do {
                return try await generator.generate(request) { event in
                    if case .submitted = event {} else { hasBegun = true }
                    return try await emit(event)
                }
            } catch GenerationError.overloaded(_, let wait) where waits && !hasBegun && .now < giveUp {
                try await Task.sleep(for: min(wait, .seconds(1)))
            }
        }
    }

    /// How long a choice waits for room in the queue, where its request has no timeout.
    private static let waitMax = Duration.seconds(600)

    /// Yields `.quiet` whenever nothing was sent for `interval`, and after a second where nothing was sent at all: a
    /// stream should not begin later.
    private static func tellSilence(
        _ interval: Duration, _ tally: Tally, _ continuation: AsyncThrowingStream<Event, any Error>.Continuation
    ) async throws {
        try await Task.sleep(for: min(interval, .seconds(1)))
        if tally.lastSent == nil { continuation.yield(.quiet) }
        while true {
            let due = (tally.lastSent ?? .now).advanced(by: interval)
            if due <= .now {
                continuation.yield(.quiet)
                try await Task.sleep(for: interval)
            } else {
                try await Task.sleep(until: due, clock: .continuous)
            }
        }
    }
}
