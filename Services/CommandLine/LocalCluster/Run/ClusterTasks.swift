internal import ClusterClient
internal import Console
internal import TypedCalls
internal import UnixSignals

/// What happens to a cluster while it runs.
enum ClusterEvent: Sendable {
    /// A child process was started.
    case started(String, processID: Int32)
    /// A child said how it is.
    case state(String, ProcessRow.State)
    /// A child has ended.
    case exited(String, ChildExit)
    /// The work is about to end a child itself.
    case exitExpected(String)
    /// A moment has passed: what is shown may be drawn anew.
    case tick
    /// A signal came that ends the cluster.
    case stop
    /// The time for a stage of the ending is up.
    case timeIsUp(ClusterLife.Stage)
    /// The work has ended; with an error, or without.
    case workEnded((any Error)?)
}

/// The tasks of a running cluster: its children, what watches them, clock and signals. They tell what happens.
struct ClusterTasks: Sendable {
    typealias Group = ThrowingTaskGroup<Void, any Error>

    /// All that happens, in the order in which it was noticed.
    let events: AsyncStream<ClusterEvent>
    /// What each child wrote last.
    let recentLines = RecentLines()
    private let sink: AsyncStream<ClusterEvent>.Continuation
    private let orders: [String: AsyncStream<ChildProcess.Order>.Continuation]
    /// How each child ends, once it has.
    private let exits: [String: AsyncStream<ChildExit>]
    private let endOfWork = AsyncStream<Void>.makeStream()

    private static let pollInterval = Duration.milliseconds(40)
    private static let tickInterval = Duration.milliseconds(120)

    /// Starts all processes, and a poll of each.
    ///
    /// - Parameters:
    ///   - logs: the folder that gets a file for each child.
    ///   - verbose: whether the children's lines are shown on standard error too.
    init(
        _ processes: [ProcessPlan], logs: String, verbose: Bool, _ signals: UnixSignalsSequence, in tasks: inout Group
    ) {
        let (events, sink) = AsyncStream<ClusterEvent>.makeStream()
        (self.events, self.sink) = (events, sink)
        var orders: [String: AsyncStream<ChildProcess.Order>.Continuation] = [:]
        var exits: [String: AsyncStream<ChildExit>] = [:]
        for process in processes {
            let (received, sender) = AsyncStream<ChildProcess.Order>.makeStream()
            orders[process.name] = sender
            let (exit, exitSink) = AsyncStream<ChildExit>.makeStream()
            exits[process.name] = exit
            let child = ChildProcess(plan: process, logFile: "\(logs)/\(process.name).log")
            let lines = recentLines
            tasks.addTask {
                let exit = await Self.run(child, process.name, received, verbose ? .shown : .kept, lines, sink)
                exitSink.yield(exit)
                sink.yield(.exited(process.name, exit))
            }
            tasks.addTask { await Self.poll(process, into: sink) }
        }
        (self.orders, self.exits) = (orders, exits)
        tasks.addTask { for await _ in signals { sink.yield(.stop) } }
        tasks.addTask { await Self.tick(into: sink) }
    }

    /// Gives an order to each of these children that still lives.
    func order(_ order: ChildProcess.Order, to names: [String]) {
        for name in names { orders[name]?.yield(order) }
    }

    /// Tells when so many seconds have passed.
    func wait(_ stage: ClusterLife.Stage, seconds: Int, in tasks: inout Group) {
        tasks.addTask { [sink] in
            try await Task.sleep(for: .seconds(seconds))
            sink.yield(.timeIsUp(stage))
        }
    }

    /// Begins the work, and tells when it has ended.
    func begin(_ work: @escaping @Sendable () async throws -> Void, in tasks: inout Group) {
        tasks.addTask { [sink, endOfWork] in
            sink.yield(.workEnded(await Self.until(endOfWork.stream, work)))
        }
    }

    /// Cuts the work short.
    func endWork() { endOfWork.continuation.finish() }

    /// Tells that a child's end will be no accident.
    func expectExit(of name: String) { sink.yield(.exitExpected(name)) }

    /// Waits for a child's end; one may wait for each. Nil where there is no such child, or the waiting is cut short.
    func exit(of name: String) async -> ChildExit? {
        guard let exits = exits[name] else { return nil }
        for await exit in exits { return exit }
        return nil
    }

    private enum Lines { case shown, kept }

    private static func run(
        _ child: ChildProcess, _ name: String, _ orders: AsyncStream<ChildProcess.Order>, _ lines: Lines,
        _ recentLines: RecentLines, _ sink: AsyncStream<ClusterEvent>.Continuation
    ) async -> ChildExit {
        await child.run(
            orders: orders,
            onStart: { sink.yield(.started(name, processID: $0)) },
            onLine: { line in
                recentLines.add(line, of: name)
                if lines == .shown { writeToStandardError("\(name) | \(line)\n") }
            })
    }

    /// Asks a child how it is until it is ready.
    private static func poll(_ process: ProcessPlan, into sink: AsyncStream<ClusterEvent>.Continuation) async {
        let client = RESTClient(process.admin)
        while !Task.isCancelled {
            if let answer = try? await client.get("/readyz", limits: .init(total: .seconds(2))) {
                if answer.status == 200 {
                    sink.yield(.state(process.name, .ready(seconds: 0)))
                    return
                }
                if let status = AdminStatus(answer), status.status == "loading" {
                    let state = ProcessRow.State.loading(
                        message: status.message ?? "", fraction: status.progress ?? 0)
                    sink.yield(.state(process.name, state))
                }
            }
            try? await Task.sleep(for: pollInterval)
        }
    }

    private static func tick(into sink: AsyncStream<ClusterEvent>.Continuation) async {
        while !Task.isCancelled {
            sink.yield(.tick)
            try? await Task.sleep(for: tickInterval)
        }
    }

    /// Runs `work` until it ends or `end` does; returns what it threw.
    private static func until(
        _ end: AsyncStream<Void>, _ work: @escaping @Sendable () async throws -> Void
    ) async -> (any Error)? {
        await withTaskGroup(of: (any Error)?.self) { tasks in
            tasks.addTask {
                do { try await work(); return nil } catch { return error }
            }
            tasks.addTask {
                for await _ in end {}
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
    }
}
