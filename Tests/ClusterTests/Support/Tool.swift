import Foundation

/// A program that is run to its end.
enum Tool {
    struct Result: Sendable {
        let status: Int32
        /// Standard output and standard error, as they came.
        let output: String
    }

    /// - Parameter program: a path, or a name that is looked up in PATH.
    static func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await Paths.withFolder { folder in
            let log = URL(filePath: folder).appending(path: "output")
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [program] + arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            let output = try FileHandle(forWritingTo: log)
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                process.terminationHandler = { _ in continuation.resume() }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
            return Result(status: process.terminationStatus, output: String(decoding: try Data(contentsOf: log), as: UTF8.self))
        }
    }
}
