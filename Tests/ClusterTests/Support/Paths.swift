import Foundation

/// Where things lie: found from this file, since tests run in any folder.
enum Paths {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let demo = repository.appending(path: "compose/models/demo").path
    static let golden = repository.appending(path: "Tests/Fixtures/golden")

    static func fixture(_ name: String) -> URL { repository.appending(path: "Tests/Fixtures/\(name)") }

    /// A program of this build: it lies beside the test runner.
    static func program(_ name: String) throws -> URL {
        let folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent()
        let program = folder.appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw SupportError("\(program.path) is missing: build all products first")
        }
        return program
    }

    /// A fresh private folder for sockets; short, since a socket's path has at most 107 bytes.
    static func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
        var template = Array("/tmp/mmtest-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SupportError("no temporary folder") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }
}

struct SupportError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Looks again and again until `condition` holds; the limit only bounds a test that fails anyway.
func eventually(
    _ what: String, within limit: Duration = .seconds(240), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw SupportError("still not so after \(limit): \(what)")
}
