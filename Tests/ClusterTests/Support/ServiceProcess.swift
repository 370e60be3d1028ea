import Foundation
import JSON

/// A real process of the cluster under test. It ends with this process, whatever happens: its standard input is a pipe
/// from here.
final class ServiceProcess: Sendable {
    let name: String
    private let process: SpawnedProcess
    private let input = Pipe()
    private let output: URL

    /// - Parameter line: of the shell, in which `"$@"` is the program and its arguments; nil: it is started directly.
    init(
        _ program: String, _ arguments: [String], name: String? = nil, folder: String, stopsWithInput: Bool = true,
        environment: [String: String] = [:], startedBy line: String? = nil
    ) throws {
        self.name = name ?? program
        output = URL(filePath: folder).appending(path: "\(self.name).log")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let log = try FileHandle(forWritingTo: output)
        let words =
            [try Paths.program(program).path] + arguments + (stopsWithInput ? ["--exit-with-parent"] : [])
        let start = line.map { ["bash", "-c", $0, "bash"] + words } ?? words
        process = try SpawnedProcess(
            start[0], Array(start.dropFirst()), environment: environment, input: input.fileHandleForReading,
            output: log)
    }

    var processID: Int32 { process.processID }
    var log: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var isRunning: Bool { process.status == nil }
    /// Exit code, or the number of the signal that ended it; -1 while it runs.
    var exitStatus: Int32 { process.status ?? -1 }

    func signal(_ signal: Int32) { kill(processID, signal) }

    func waitForExit() async { _ = await process.waitForExit() }

    /// A process that a test has frozen goes on first: it could not hear the signal.
    func stop() async {
        if isRunning {
            signal(SIGTERM)
            signal(SIGCONT)
        }
        await waitForExit()
    }

    /// Open files, pipes and sockets. Timers and event queues do not count: the run-time library makes them once, when
    /// they are first needed.
    var descriptorCount: Int {
        let folder = "/proc/\(processID)/fd"
        let targets = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
        return targets.count { !$0.hasPrefix("anon_inode:") }
    }

    /// A field of /proc/PID/status in bytes, for example `RssAnon`: resident memory that is not a mapped file.
    func memory(_ field: String) -> Int { Processes.memory(processID, field) ?? 0 }
}
