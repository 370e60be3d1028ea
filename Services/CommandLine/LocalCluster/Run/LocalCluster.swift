internal import Console
package import Foundation
internal import Probing
internal import Tensors
internal import TerminalOutput
internal import UnixSignals

/// Runs a whole cluster of child processes on this machine, from start to end, around a piece of work.
///
/// Every child, poll and timer is a task below `run`; nothing outlives it.
package struct LocalCluster: Sendable {
    private let plan: ClusterPlan
    private let title: String
    private let output: FileHandle
    private let verbose: Bool
    private let logFolder: String?
    private let outlivesTerminal: Bool

    /// - Parameters:
    ///   - title: shown first, once nothing is seen to be wrong.
    ///   - output: where progress is shown: standard output or standard error.
    ///   - verbose: whether the children's logs are shown too.
    ///   - logFolder: where the children's logs go; nil: into a private folder, which is removed at the end.
    ///   - outlivesTerminal: whether it goes on when the terminal that it was started from is closed.
    package init(
        plan: ClusterPlan, title: String, output: FileHandle, verbose: Bool, logFolder: String?,
        outlivesTerminal: Bool = false
    ) {
        self.plan = plan
        self.title = title
        self.output = output
        self.verbose = verbose
        self.logFolder = logFolder
        self.outlivesTerminal = outlivesTerminal
    }

    /// Starts the cluster, runs `work` once all processes are ready, then takes everything down.
    ///
    /// SIGINT, SIGTERM and, unless it outlives its terminal, SIGHUP end it early; a second one ends it at once.
    ///
    /// - Returns: whether `work` came to its end (and was not cut short by a signal).
    /// - Throws: `StartError` when the cluster cannot start or breaks; what `work` throws.
    package func run(work: @escaping @Sendable (ClusterHandle) async throws -> Void) async throws -> Bool {
        let programs = try ClusterPlan.ownFolder()
        try await plan.check(programs: programs)
        let folder = try SocketFolder()
        defer { folder.remove() }
        let processes = plan.processes(sockets: folder.path, programs: programs, readBandwidth: measuredBandwidth)
        let logs = try made(logFolder ?? folder.logs)
        try announce()
        // Trapped before the first child exists, so that none can be left behind.
        let signals = await trappedSignals()
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            let children = ClusterTasks(processes, logs: logs, verbose: verbose, signals, in: &tasks)
            var run = ClusterRun(plan, processes, children, ProgressDisplay(output), work)
            for await event in children.events {
                for action in run.take(event) { run.perform(action, in: &tasks) }
                if run.isFinished { break }
            }
            tasks.cancelAll()
            return try run.result()
        }
    }

    /// Bytes a second that all threads together read from memory; nil where there is no memory to measure it with.
    private var measuredBandwidth: Double? {
        let threads = plan.threads ?? Machine.coreCount
        return MachineCeilings(bufferBytes: 128 << 20)?.readBandwidth(threads: threads, for: .milliseconds(40))
    }

    /// The folder for logs, made where it is not there.
    private func made(_ logs: String) throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        } catch {
            throw StartError("--log-folder \(logs) cannot be made: \(plainWords(of: error))")
        }
        guard unsafe access(logs, W_OK) == 0 else {
            throw StartError("--log-folder \(logs) cannot be written: \(systemWords(errno))")
        }
        return logs
    }

    /// Nothing is started for a person who cannot be told of it.
    private func announce() throws {
        if output.fileDescriptor == STDOUT_FILENO {
            try printToStandardOutput(title)
        } else {
            writeToStandardError(title + "\n")
        }
    }

    private func trappedSignals() async -> UnixSignalsSequence {
        guard outlivesTerminal else { return await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) }
        signal(SIGHUP, SIG_IGN)
        return await UnixSignalsSequence(trapping: .sigint, .sigterm)
    }
}
