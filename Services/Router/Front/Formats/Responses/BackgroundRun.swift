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
        /// By the end of the process.
        var isStopped = false
        var task: Task<Void, Never>?
    }
    private let state = Mutex(State())

    /// Whether the model has begun to answer.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }
    /// Whether the client wants it no more.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    /// Whether the process ends; the next router goes on with it.
    var isStopped: Bool { state.withLock { $0.isStopped } }
    /// All events so far.
    var told: [String] { state.withLock { $0.events.told } }

    func start(_ work: @escaping @Sendable (BackgroundRun) async -> Void) {
        let task = Task {
            await work(self)
            end()
        }
        let isUnwanted = state.withLock { state in
            state.task = task
            return state.isCancelled || state.isStopped
        }
        if isUnwanted { task.cancel() }
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
            let first = number.map { $0 + 1 } ?? 0, told = state.events.told
            let events = state.isOver ? BackgroundEvents.rest(from: first, told) : told.dropFirst(first)
            for event in events { continuation.yield(event) }
            guard !state.isOver else { return continuation.finish() }
            let reader = state.nextReader
            state.nextReader += 1
            state.readers[reader] = Reader(events: continuation, first: first)
            continuation.onTermination = { [weak self] _ in self?.remove(reader) }
        }
        return stream
    }

    /// Stops the work for good, and waits some time until that is stored.
    ///
    /// - Returns: whether it is over.
    func cancel() async -> Bool {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
        let events = events(after: Int(Int32.max))
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await _ in events {} }
            tasks.addTask { try? await Task.sleep(for: Self.patience) }
            await tasks.next()
            tasks.cancelAll()
        }
        return state.withLock { $0.isOver }
    }

    /// As long a client waits for its cancellation.
    private static let patience = Duration.seconds(5)

    /// Stops the work for now; the next router goes on with it.
    func stop() {
        let task = state.withLock { state in
            state.isStopped = true
            return state.task
        }
        task?.cancel()
    }

    private func remove(_ reader: Int) { state.withLock { _ = $0.readers.removeValue(forKey: reader) } }

    private func end() {
        let (readers, told) = state.withLock { state in
            state.isOver = true
            defer { state.readers = [:] }
            return (Array(state.readers.values), state.events.told)
        }
        for reader in readers {
            if reader.first > told.count {
                for event in BackgroundEvents.rest(from: reader.first, told) { reader.events.yield(event) }
            }
            reader.events.finish()
        }
    }
}

/// All responses that are made in the background at this moment.
final class BackgroundRuns: Sendable {
    private struct State {
        var runs: [String: (run: BackgroundRun, client: BodyBudget.Owner)] = [:]
        var isStopping = false
    }
    private let state = Mutex(State())
    private let runsMax: Int
    /// No client takes all places.
    private let clientRunsMax: Int

    /// - Parameter runsMax: more at a time are refused; a quarter of them for each client.
    init(runsMax: Int = 256) {
        self.runsMax = runsMax
        clientRunsMax = max(1, runsMax / 4)
    }

    func run(_ id: String) -> BackgroundRun? { state.withLock { $0.runs[id]?.run } }

    /// A place for another response.
    func add(_ id: String, for client: BodyBudget.Owner) throws(APIError) -> BackgroundRun {
        let (run, refusal) = state.withLock { state -> (BackgroundRun?, String) in
            guard !state.isStopping else { return (nil, "The server is stopping.") }
            guard state.runs.values.count(where: { $0.client == client }) < clientRunsMax else {
                return (nil, "You have \(clientRunsMax) responses at work in the background, and may not have more.")
            }
            guard state.runs.count < runsMax else { return (nil, "Too many responses are made in the background.") }
            return (Self.insert(id, client, &state), "")
        }
        guard let run else { throw APIError(GenerationError.overloaded(refusal, retryAfter: .seconds(5))) }
        return run
    }

    /// A place for a response that an earlier router had begun, whether or not there is one.
    ///
    /// - Returns: nil where the router is stopping.
    func resume(_ id: String, for client: BodyBudget.Owner) -> BackgroundRun? {
        state.withLock { state in state.isStopping ? nil : Self.insert(id, client, &state) }
    }

    private static func insert(_ id: String, _ client: BodyBudget.Owner, _ state: inout State) -> BackgroundRun {
        let run = BackgroundRun()
        state.runs[id] = (run, client)
        return run
    }

    func remove(_ id: String) { state.withLock { _ = $0.runs.removeValue(forKey: id) } }

    /// The router is stopping: those who read would wait for ever.
    func stop() {
        let runs = state.withLock { state in
            state.isStopping = true
            return state.runs.values.map(\.run)
        }
        for run in runs { run.stop() }
    }
}
