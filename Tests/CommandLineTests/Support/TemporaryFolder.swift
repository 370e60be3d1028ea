import Foundation

/// A path for a test's files; nothing is there at first, and nothing at the end.
struct TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)").path

    static func with<R>(_ body: (TemporaryFolder) async throws -> R) async rethrows -> R {
        let folder = TemporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        return try await body(folder)
    }

    /// Nil: there is no such folder.
    var names: [String]? { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path).appending(path: name)))
    }

    func write(_ name: String, _ text: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path).appending(path: name))
    }
}
