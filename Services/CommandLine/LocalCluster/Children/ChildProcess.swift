internal import Foundation
internal import Subprocess
internal import SystemPackage

/// Runs one child process from its start to its end, as one task.
///
/// The child has its own session, so a terminal's Ctrl-C reaches only us, and its standard input is a pipe that we
/// hold: when we end, however we end, the child sees the end of its input and stops by itself.
package struct ChildProcess: Sendable {
    /// What the child gets while it lives.
    package enum Order: Sendable {
        case signal(Int32)
        /// A line on its standard input.
        case say(String)
    }

    let program: String
    let arguments: [String]
    private let logFile: String

    /// A program that limits itself to some cores and then becomes another program, in the same process.
    static let pinningProgram = "/usr/bin/taskset"

    /// A process of a cluster.
    ///
    /// - Parameter logFile: gets its standard error.
    package init(plan: ProcessPlan, logFile: String) {
        guard let cores = plan.cores else {
            self.init(program: plan.program, arguments: plan.arguments, logFile: logFile)
            return
        }
        let list = cores.map(String.init).joined(separator: ",")
        let arguments = ["-c", list, plan.program] + plan.arguments
        self.init(program: Self.pinningProgram, arguments: arguments, logFile: logFile)
    }

    /// - Parameters:
    ///   - program: its path.
    ///   - logFile: gets its standard error.
    package init(program: String, arguments: [String], logFile: String) {
        self.program = program
        self.arguments = arguments
        self.logFile = logFile
    }

    /// Runs the process until it ends; when the task is cancelled, it is told to end.
    ///
    /// - Parameters:
    ///   - orders: passed on for as long as the child lives.
    ///   - onStart: gets the process id.
    ///   - onLine: gets each line of the child's standard error.
    package func run(
        orders: AsyncStream<Order>, onStart: @escaping @Sendable (Int32) -> Void,
        onLine: @escaping @Sendable (String) -> Void
    ) async -> ChildExit {
        let log = openLog()
        defer { try? log?.close() }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments), platformOptions: Self.options,
                input: .inputWriter, output: .discarded, error: .sequence
            ) { execution in
                onStart(execution.processIdentifier.value)
                await withTaskGroup(of: Void.self) { tasks in
                    tasks.addTask {
                        for await order in orders {
                            switch order {
                            case .signal(let number): try? execution.send(signal: Signal(rawValue: number))
                            case .say(let line): _ = try? await execution.standardInputWriter.write(line + "\n")
                            }
                        }
                    }
                    var lines = LineSplitter()
                    do {
                        for try await buffer in execution.standardError {        // ends when the child does
                            let bytes = unsafe buffer.withUnsafeBytes { unsafe Array($0) }
                            _ = try? log?.writeAll(bytes)
                            for line in lines.append(bytes) { onLine(line) }
                        }
                    } catch {}        // the exit status tells what matters
                    if let rest = lines.rest { onLine(rest) }
                    tasks.cancelAll()
                }
            }
            switch result.terminationStatus {
            case .exited(let code): return .exited(code)
            case .signaled(let number): return .signalled(number)
            }
        } catch {
            return .neverStarted("\(error)")
        }
    }

    private static var options: PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        // Used only when the task is cancelled; otherwise signals arrive through the orders.
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        return options
    }

    /// Opened, never replaced: whoever names a device or a pipe gets the lines there.
    private func openLog() -> FileDescriptor? {
        let permissions: FilePermissions = [.ownerReadWrite, .groupRead]
        return try? FileDescriptor.open(
            FilePath(logFile), .writeOnly, options: [.create, .truncate], permissions: permissions)
    }
}
