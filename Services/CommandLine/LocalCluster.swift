internal import Cluster
internal import Foundation
internal import Tensors
internal import Transport
internal import UnixSignals

/// Runs a whole cluster of child processes on this machine, from start to end, around a piece of work.
///
/// Every child, poll and timer is a task below `run`; nothing outlives it.
struct LocalCluster: Sendable {
    let plan: ClusterPlan
    /// Shown first, once nothing is seen to be wrong.
    let title: String
    /// Where progress is shown.
    let output: FileHandle
    /// Whether the children's logs are shown too.
    let verbose: Bool
    /// Where the children's logs go; nil: into the private folder, which is removed at the end.
    let logFolder: String?
    /// Whether it goes on when the terminal that it was started from is closed.
    var outlivesTerminal = false

    private enum Event: Sendable {
        case started(String, processID: Int32)
        case state(String, ProcessRow.State)
        case exited(String, ChildExit)
        case exitExpected(String)
        case tick
        case stop
        case timeIsUp(ClusterLife.Stage)
        case workEnded((any Error)?)
    }
    private static let pollInterval = Duration.milliseconds(40)
    private static let tickInterval = Duration.milliseconds(120)

    /// Starts the cluster, runs `work` once all processes are ready, then takes everything down.
    ///
    /// SIGINT, SIGTERM and, unless it outlives its terminal, SIGHUP end it early; a second one ends it at once.
    ///
    /// - Returns: whether `work` came to its end (and was not cut short by a signal).
    /// - Throws: `StartError` when the cluster cannot start or breaks; what `work` throws.
    func run(work: @escaping @Sendable (ClusterHandle) async throws -> Void) async throws -> Bool {
        let programs = try ClusterPlan.ownFolder()
        try await plan.check(programs: programs)
        let folder = try SocketFolder()
        defer { folder.remove() }
        let bandwidth = MachineCeilings(bufferBytes: 128 << 20)?.readBandwidth(threads: plan.threads ?? Machine.coreCount, for: .milliseconds(40))
        let processes = plan.processes(sockets: folder.path, programs: programs, readBandwidth: bandwidth)
        let logs = logFolder ?? folder.logs
        do {
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        } catch {
            throw StartError("--log-folder \(logs) cannot be made: \(plainWords(of: error))")
        }
        guard unsafe access(logs, W_OK) == 0 else { throw StartError("--log-folder \(logs) cannot be written: \(systemWords(errno))") }

        // Nothing is started for a person who cannot be told of it.
        if output.fileDescriptor == STDOUT_FILENO { try printToStandardOutput(title) } else { writeToStandardError(title + "\n") }

        // Trapped before the first child exists, so that none can be left behind.
        if outlivesTerminal { signal(SIGHUP, SIG_IGN) }
        let signals = await outlivesTerminal ? UnixSignalsSequence(trapping: .sigint, .sigterm) : UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let (events, sink) = AsyncStream<Event>.makeStream()
        let recentLines = RecentLines()
        let endWork = AsyncStream<Void>.makeStream()

        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            var orderSinks: [String: AsyncStream<ChildProcess.Order>.Continuation] = [:]
            for process in processes {
                let (orders, orderSink) = AsyncStream<ChildProcess.Order>.makeStream()
                orderSinks[process.name] = orderSink
                tasks.addTask {
                    let exit = await ChildProcess(plan: process, logFile: "\(logs)/\(process.name).log").run(
                        orders: orders,
                        onStart: { sink.yield(.started(process.name, processID: $0)) },
                        onLine: { line in
                            recentLines.add(line, of: process.name)
                            if verbose { writeToStandardError("\(process.name) | \(line)\n") }
                        })
                    sink.yield(.exited(process.name, exit))
                }
                tasks.addTask { await Self.poll(process, into: sink) }
            }
            tasks.addTask { for await _ in signals { sink.yield(.stop) } }
            tasks.addTask {
                while !Task.isCancelled {
                    sink.yield(.tick)
                    try? await Task.sleep(for: Self.tickInterval)
                }
            }

            var life = ClusterLife(processes, drainSeconds: plan.drainSeconds)
            var display = ProgressDisplay(output, names: processes.map(\.name))
            var processIDs: [String: Int32] = [:]
            let programNames = Dictionary(uniqueKeysWithValues: processes.map { ($0.name, URL(filePath: $0.program).lastPathComponent) })
            var isStarting = true
            var workError: (any Error)?
            var workEnded = false
            let begin = ContinuousClock.now

            events: for await event in events {
                var actions: [ClusterLife.Action] = []
                switch event {
                case .started(let name, let processID): processIDs[name] = processID
                case .state where !isStarting: break
                case .state(let name, .ready):
                    display[name]?.state = .ready(seconds: (ContinuousClock.now - begin) / .seconds(1))
                    measure(name, processIDs[name], &display)
                    actions = life.becameReady(name)
                case .state(let name, let state): display[name]?.state = state
                case .exited(let name, let exit):
                    processIDs[name] = nil
                    let complaint = [.exited(1), .exited(64)].contains(exit) ? recentLines.complaint(of: name, program: programNames[name] ?? "") : nil
                    actions = life.exited(name, exit, complaint: complaint)
                    if actions.contains(where: { if case .report = $0 { true } else { false } }) {
                        if isStarting { display[name]?.state = .ended("\(exit)") }
                        if isStarting { display.say("") }
                        isStarting = false
                        let isTold = complaint.map { life.failure?.hasSuffix($0) == true } ?? false
                        if !isTold { for line in recentLines.of(name) { display.line("  \(name) | \(line)") } }
                    }
                case .exitExpected(let name): life.expectExit(of: name)
                case .tick where isStarting:
                    for (name, processID) in processIDs { measure(name, processID, &display) }
                    display.draw()
                case .tick: break
                case .stop:
                    actions = life.stop()
                    if actions.contains(.endWork) { display.line("Stopping; a second Ctrl-C ends everything at once.") }
                case .timeIsUp(let stage): actions = life.timeIsUp(stage)
                case .workEnded(let error):
                    guard let next = life.workEnded() else { continue }
                    (workError, workEnded, actions) = (error, true, next)
                }
                for action in actions {
                    switch action {
                    case .serve:
                        display.say("")
                        isStarting = false
                        let cluster = handle(processes, processIDs) { sink.yield(.exitExpected($0)) }
                        tasks.addTask { sink.yield(.workEnded(await Self.until(endWork.stream) { try await work(cluster) })) }
                    case .endWork:
                        isStarting = false
                        endWork.continuation.finish()
                    case .report(let text) where text != life.failure: display.line("minimax: \(text)")
                    case .report: break                         // thrown below
                    case .end(let router, let reason): orderSinks[router]?.yield(.say(reason))
                    case .terminate(let names): for name in names { orderSinks[name]?.yield(.signal(SIGTERM)) }
                    case .kill(let names): for name in names { orderSinks[name]?.yield(.signal(SIGKILL)) }
                    case .wait(let stage, let seconds):
                        tasks.addTask {
                            try await Task.sleep(for: .seconds(seconds))
                            sink.yield(.timeIsUp(stage))
                        }
                    case .finish: break events
                    }
                }
            }
            tasks.cancelAll()
            if let failure = life.failure { throw StartError(failure) }
            if let workError { throw workError }
            return workEnded
        }
    }

    private func handle(_ processes: [ProcessPlan], _ processIDs: [String: Int32], expectExit: @escaping @Sendable (String) -> Void) -> ClusterHandle {
        ClusterHandle(
            url: plan.url, admin: processes[processes.count - 1].admin,
            children: processes.compactMap { process in
                processIDs[process.name].map { 
                    ClusterHandle.Child(name: process.name, role: process.role, processID: $0, admin: process.admin)
                }
            },
            expectExit: expectExit)
    }

    /// Runs `work` until it ends or `end` does; returns what it threw.
    private static func until(_ end: AsyncStream<Void>, _ work: @escaping @Sendable () async throws -> Void) async -> (any Error)? {
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

    /// Asks a child how it is until it is ready.
    private static func poll(_ process: ProcessPlan, into sink: AsyncStream<Event>.Continuation) async {
        let client = RESTClient(process.admin)
        while !Task.isCancelled {
            if let answer = try? await client.get("/readyz", limits: .init(total: .seconds(2))) {
                if answer.status == 200 {
                    sink.yield(.state(process.name, .ready(seconds: 0)))
                    return
                }
                if let status = AdminStatus(answer), status.status == "loading" {
                    sink.yield(.state(process.name, .loading(message: status.message ?? "", fraction: status.progress ?? 0)))
                }
            }
            try? await Task.sleep(for: pollInterval)
        }
    }

    private func measure(_ name: String, _ processID: Int32?, _ display: inout ProgressDisplay) {
        guard let processID, let usage = ProcessUsage(processID: processID) else { return }
        display[name]?.ownBytes = usage.anonymousBytes
        display[name]?.mappedBytes = max(0, usage.residentBytes - usage.anonymousBytes)
    }
}
