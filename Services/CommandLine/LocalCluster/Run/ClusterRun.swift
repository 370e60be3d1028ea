internal import Console
internal import Foundation
internal import Probing
internal import TerminalOutput

/// One run of a cluster: hands what happens to `ClusterLife`, performs what that decides, and shows both.
struct ClusterRun {
    private let plan: ClusterPlan
    private let processes: [ProcessPlan]
    private let tasks: ClusterTasks
    private let display: ProgressDisplay
    private let work: @Sendable (ClusterHandle) async throws -> Void
    private let begin = ContinuousClock.now

    private var life: ClusterLife
    private var start: StartDisplay
    /// The process ids of the children that live.
    private var processIDs: [String: Int32] = [:]
    /// Whether not all have become ready yet, and none has failed.
    private var isStarting = true
    /// How the work ended; nil when it was cut short, or has not ended yet.
    private var workEnd: Result<Void, any Error>?
    /// Whether no process is left.
    private(set) var isFinished = false

    /// - Parameter work: done once all processes are ready.
    init(
        _ plan: ClusterPlan, _ processes: [ProcessPlan], _ tasks: ClusterTasks, _ display: ProgressDisplay,
        _ work: @escaping @Sendable (ClusterHandle) async throws -> Void
    ) {
        self.plan = plan
        self.processes = processes
        self.tasks = tasks
        self.display = display
        self.work = work
        life = ClusterLife(processes, drainSeconds: plan.drainSeconds)
        start = StartDisplay(display, names: processes.map(\.name))
    }

    /// - Returns: whether the work came to its end.
    /// - Throws: `StartError` where the cluster went down by itself; what the work threw.
    func result() throws -> Bool {
        if let failure = life.failure { throw StartError(failure) }
        try workEnd?.get()
        return workEnd != nil
    }

    // MARK: what happens

    /// Takes note of an event; returns what to do about it.
    mutating func take(_ event: ClusterEvent) -> [ClusterLife.Action] {
        switch event {
        case .started(let name, let processID): processIDs[name] = processID
        case .state(let name, .ready): return becameReady(name)
        case .state(let name, let state): if isStarting { start[name]?.state = state }
        case .exited(let name, let exit): return exited(name, exit)
        case .exitExpected(let name): life.expectExit(of: name)
        case .tick: redraw()
        case .stop: return stop()
        case .timeIsUp(let stage): return life.timeIsUp(stage)
        case .workEnded(let error): return workEnded(error)
        }
        return []
    }

    private mutating func becameReady(_ name: String) -> [ClusterLife.Action] {
        guard isStarting else { return [] }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        start[name]?.state = .ready(seconds: seconds)
        measure(name)
        return life.becameReady(name)
    }

    private mutating func exited(_ name: String, _ exit: ChildExit) -> [ClusterLife.Action] {
        processIDs[name] = nil
        let complaint = complaint(of: name, exit)
        let actions = life.exited(name, exit, complaint: complaint)
        if actions.contains(where: \.isReport) { showEnd(of: name, exit, complaint) }
        return actions
    }

    /// Why a process ended, in its own words, where its status says that it told.
    private func complaint(of name: String, _ exit: ChildExit) -> String? {
        guard [.exited(1), .exited(64)].contains(exit) else { return nil }
        guard let process = processes.first(where: { $0.name == name }) else { return nil }
        let program = URL(filePath: process.program).lastPathComponent
        return tasks.recentLines.complaint(of: name, program: program)
    }

    /// Shows the last lines of a process that has ended, unless the reason that is told says it all.
    private mutating func showEnd(of name: String, _ exit: ChildExit, _ complaint: String?) {
        if isStarting {
            start[name]?.state = .ended("\(exit)")
            start.end()
            isStarting = false
        }
        if let complaint, life.failure?.hasSuffix(complaint) == true { return }
        for line in tasks.recentLines.of(name) { display.line("  \(name) | \(line)") }
    }

    private mutating func redraw() {
        guard isStarting else { return }
        for name in processIDs.keys { measure(name) }
        start.draw()
    }

    private mutating func measure(_ name: String) {
        guard let processID = processIDs[name], let usage = ProcessUsage(processID: processID) else { return }
        start[name]?.ownBytes = usage.anonymousBytes
        start[name]?.mappedBytes = max(0, usage.residentBytes - usage.anonymousBytes)
    }

    private mutating func stop() -> [ClusterLife.Action] {
        let actions = life.stop()
        if actions.contains(.endWork) { display.line("Stopping; a second Ctrl-C ends everything at once.") }
        return actions
    }

    private mutating func workEnded(_ error: (any Error)?) -> [ClusterLife.Action] {
        guard let actions = life.workEnded() else { return [] }
        workEnd = error.map { .failure($0) } ?? .success(())
        return actions
    }

    // MARK: what to do

    /// Does what `ClusterLife` has decided.
    mutating func perform(_ action: ClusterLife.Action, in group: inout ClusterTasks.Group) {
        switch action {
        case .serve: serve(in: &group)
        case .endWork:
            isStarting = false
            tasks.endWork()
        case .report(let text): if text != life.failure { display.line("minimax: \(text)") }        // else it is thrown
        case .end(let router, let reason): tasks.order(.say(reason), to: [router])
        case .terminate(let names): tasks.order(.signal(SIGTERM), to: names)
        case .kill(let names): tasks.order(.signal(SIGKILL), to: names)
        case .wait(let stage, let seconds): tasks.wait(stage, seconds: seconds, in: &group)
        case .finish: isFinished = true
        }
    }

    private mutating func serve(in group: inout ClusterTasks.Group) {
        start.end()
        isStarting = false
        let handle = handle()
        tasks.begin({ [work] in try await work(handle) }, in: &group)
    }

    private func handle() -> ClusterHandle {
        let children = processes.compactMap { process in
            processIDs[process.name].map {
                ClusterHandle.Child(name: process.name, role: process.role, processID: $0, admin: process.admin)
            }
        }
        return ClusterHandle(
            url: plan.url, admin: processes[processes.count - 1].admin, children: children,
            expectExit: { [tasks] in tasks.expectExit(of: $0) }, exit: { [tasks] in await tasks.exit(of: $0) })
    }
}

extension ClusterLife.Action {
    fileprivate var isReport: Bool { if case .report = self { true } else { false } }
}
