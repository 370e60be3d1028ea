import Foundation
import Synchronization

/// A real process of the cluster under test. It ends with this process, whatever happens: its standard input is a pipe from here.
final class ServiceProcess: Sendable {
    private struct State {
        var isEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    let name: String
    private let process = Process()
    private let input = Pipe()
    private let output: URL
    private let state = Mutex(State())

    init(_ program: String, _ arguments: [String], name: String? = nil, folder: String, stopsWithInput: Bool = true, environment: [String: String] = [:]) throws {
        self.name = name ?? program
        output = URL(filePath: folder).appending(path: "\(self.name).log")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        process.executableURL = try Paths.program(program)
        process.arguments = arguments + (stopsWithInput ? ["--exit-with-parent"] : [])
        if !environment.isEmpty { process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 } }
        process.standardInput = input
        let log = try FileHandle(forWritingTo: output)
        process.standardOutput = log
        process.standardError = log
        process.terminationHandler = { [weak self] _ in self?.ended() }
        try process.run()
    }

    var processID: Int32 { process.processIdentifier }
    var log: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var isRunning: Bool { !state.withLock { $0.isEnded } }
    /// Meaningful once it has ended.
    var exitStatus: Int32 { process.terminationStatus }

    func signal(_ signal: Int32) { kill(processID, signal) }

    func waitForExit() async {
        await withCheckedContinuation { continuation in
            let isEnded = state.withLock { state in
                if !state.isEnded { state.waiting.append(continuation) }
                return state.isEnded
            }
            if isEnded { continuation.resume() }
        }
    }

    func stop() async {
        if isRunning { signal(SIGTERM) }
        await waitForExit()
    }

    private func ended() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isEnded = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Open descriptors.
    var descriptorCount: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/fd").count) ?? 0 }

    /// A field of /proc/PID/status in bytes, for example `RssAnon`: resident memory that is not a mapped file.
    func memory(_ field: String) -> Int { Processes.memory(processID, field) ?? 0 }
}
