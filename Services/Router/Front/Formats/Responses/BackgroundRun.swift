internal import Synchronization

/// A response that is made in the background, and those who read its events meanwhile.
///
/// It runs in a task of its own, because it goes on when the request that asked for it has its answer.
final class BackgroundRun: Sendable {
    private struct Reader {
        let events: AsyncStream<String>.Continuation
        /// The sequence number of the first event that it wants. Where the response is made once more, it may have had
        /// more events than there are.
        let first: Int
    }
    private struct State {
        var events = BackgroundEvents()
        var readers: [Int: Reader] = [:]
        var nextReader = 0
        var isOver = false
        var hasBegun = false
        /// By the client; not by the end of the process.
        var isCancelled = false
        var task: Task<Void, Never>?
    }
    private let state = Mutex(State())

    /// Whether the model has begun to answer.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }
    /// Whether the client wants it no more.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    /// All events so far.
    var told: [String] { state.withLock { $0.events.told } }

    func start(_ work: @escaping @Sendable (BackgroundRun) async -> Void) {
        let task = Task {
            await work(self)
            end()
        }
        state.withLock { $0.task = task }
    }

    func noteBegin() { state.withLock { $0.hasBegun = true } }

    /// Tells events to those who read.
    ///
    /// - Parameter position: how many came before in this attempt.
    func tell(_ text: String, at position: Int) {
        state.withLock { state in
            let before = state.events.told.count
            for (offset, event) in state.events.add(text, at: position).enumerated() {
                for reader in state.readers.values where before + offset >= reader.first { reader.events.yield(event) }
            }
        }
    }

    /// Tells what is no event.
    func tell(comment: String) {
        state.withLock { state in for reader in state.readers.values { reader.events.yield(comment) } }
    }

    /// The events behind the one of a sequence number, as they come; ends with the run.
    func events(after number: Int?) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        state.withLock { state in
            for event in BackgroundEvents.behind(number, state.events.told) { continuation.yield(event) }
            guard !state.isOver else { return continuation.finish() }
            let reader = state.nextReader
            state.nextReader += 1
            state.readers[reader] = Reader(events: continuation, first: number.map { $0 + 1 } ?? 0)
            continuation.onTermination = { [weak self] _ in self?.remove(reader) }
        }
        return stream
    }

    /// Stops the work for good, and waits until it is over.
    func cancel() async {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    /// Stops the work for now; the next router goes on with it.
    func stop() { state.withLock { $0.task }?.cancel() }

    private func remove(_ reader: Int) { state.withLock { _ = $0.readers.removeValue(forKey: reader) } }

    private func end() {
        let readers = state.withLock { state in
            state.isOver = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.events.finish() }
    }
}

/// All responses that are made in the background at this moment.
final class BackgroundRuns: Sendable {
    /// More at a time are refused.
    static let runsMax = 256
    private struct State {
        var runs: [String: BackgroundRun] = [:]
        var isStopping = false
    }
    private let state = Mutex(State())

    func run(_ id: String) -> BackgroundRun? { state.withLock { $0.runs[id] } }

    /// - Returns: nil where there are too many, or the router is stopping.
    func add(_ id: String) -> BackgroundRun? {
        state.withLock { state in
            guard !state.isStopping, state.runs.count < Self.runsMax else { return nil }
            let run = BackgroundRun()
            state.runs[id] = run
            return run
        }
    }

    func remove(_ id: String) { state.withLock { _ = $0.runs.removeValue(forKey: id) } }

    /// The router is stopping: those who read would wait for ever.
    func stop() {
        let runs = state.withLock { state in
            state.isStopping = true
            return Array(state.runs.values)
        }
        for run in runs { run.stop() }
    }
}
