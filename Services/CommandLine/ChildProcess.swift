internal import Foundation
internal import Subprocess
internal import SystemPackage

/// How a child process ended.
enum ChildExit: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32), signalled(Int32), neverStarted(String)

    /// Whether it ended as a process does that was asked to: by itself, or by the signal that asked.
    var isOrderly: Bool { self == .exited(0) || self == .signalled(SIGTERM) }

    var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let number): "was ended by signal \(number)"
        case .neverStarted(let reason): "could not be started: \(reason)"
        }
    }
}

/// Runs one child process from its start to its end, as one task.
///
/// The child has its own session, so a terminal's Ctrl-C reaches only us, and its standard input is a pipe that we hold: when
/// we end, however we end, the child sees the end of its input and stops by itself.
struct ChildProcess: Sendable {
    /// What the child gets while it lives.
    enum Order: Sendable {
        case signal(Int32)
        /// A line on its standard input.
        case say(String)
    }

    let program: String
    let arguments: [String]
    /// A file that gets the child's standard error.
    let logFile: String

    /// Becomes the program that it is given, so that the process stays the same.
    static let pinningProgram = "/usr/bin/taskset"

    init(plan: ProcessPlan, logFile: String) {
        guard let cores = plan.cores else {
            self.init(program: plan.program, arguments: plan.arguments, logFile: logFile)
            return
        }
        let list = cores.map(String.init).joined(separator: ",")
        self.init(program: Self.pinningProgram, arguments: ["-c", list, plan.program] + plan.arguments, logFile: logFile)
    }

    init(program: String, arguments: [String], logFile: String) {
        self.program = program
        self.arguments = arguments
        self.logFile = logFile
    }

    /// - Parameters:
    ///   - orders: passed on for as long as the child lives.
    ///   - onStart: gets the process id.
    ///   - onLine: gets each line of the child's standard error.
    func run(
        orders: AsyncStream<Order>, onStart: @escaping @Sendable (Int32) -> Void, onLine: @escaping @Sendable (String) -> Void
    ) async -> ChildExit {
        var options = PlatformOptions()
        options.createSession = true
        // Used only when this task is cancelled; otherwise signals arrive through `orders`.
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        // Opened, never replaced: whoever names a device or a pipe gets the lines there.
        let log = try? FileDescriptor.open(FilePath(logFile), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead])
        defer { try? log?.close() }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments), platformOptions: options,
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
                        for try await buffer in execution.standardError {       // ends when the child does
                            let bytes = unsafe buffer.withUnsafeBytes { unsafe Array($0) }
                            _ = try? log?.writeAll(bytes)
                            for line in lines.append(bytes) { onLine(line) }
                        }
                    } catch {}                                                  // the exit status tells what matters
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
}

/// Cuts a stream of bytes into lines; one that is very long is cut before its end.
struct LineSplitter {
    private static let lineBytesMax = 16 << 10
    private var pending: [UInt8] = []

    mutating func append(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") { pending.append(byte) }
            guard byte == UInt8(ascii: "\n") || pending.count >= Self.lineBytesMax else { continue }
            lines.append(String(decoding: pending, as: UTF8.self))
            pending.removeAll(keepingCapacity: true)
        }
        return lines
    }

    /// What came after the last line's end.
    var rest: String? { pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self) }
}
