import Foundation

/// A program that is run to its end.
enum Tool {
    struct Result: Sendable {
        let status: Int32
        /// Standard output and standard error, as they came.
        let output: String
    }

    /// - Parameter program: a path, or a name that is looked up in PATH.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Result {
        try await Paths.withFolder { folder in
            let log = URL(filePath: folder).appending(path: "output")
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
            let output = try FileHandle(forWritingTo: log)
            let process = try SpawnedProcess(
                program, arguments, environment: environment, input: .nullDevice, output: output)
            let status = await process.waitForExit()
            return Result(status: status, output: String(decoding: try Data(contentsOf: log), as: UTF8.self))
        }
    }
}
