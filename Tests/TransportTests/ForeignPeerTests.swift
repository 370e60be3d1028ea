import Foundation
import NIOCore
import Testing

@testable import Transport

/// Where a program lies, or nil when it is not installed.
private func program(_ name: String) -> String? {
    ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a program to its end; returns what it printed on standard output.
private func output(of path: String, _ arguments: [String]) async throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let file = FileManager.default.temporaryDirectory.appending(path: "t-\(UUID().uuidString).out")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardOutput = try FileHandle(forWritingTo: file)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return try Data(contentsOf: file)
}

/// nghttp2's own programs, from Debian's nghttp2-client.
@Suite("Clients that are not ours") struct ForeignPeerTests {
    private func withBody<R>(_ count: Int, _ use: (String) async throws -> R) async throws -> R {
        let file = FileManager.default.temporaryDirectory.appending(path: "t-\(UUID().uuidString).in")
        try Data(pattern(count).readableBytesView).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await use(file.path)
    }

    @Test(
        "nghttp gets its body back", .enabled(if: program("nghttp") != nil, "install nghttp2-client"),
        arguments: [1, 12 << 10, 5 << 20])
    func nghttp(count: Int) async throws {
        let nghttp = try #require(program("nghttp"))
        try await withServer(Place.tcp.address, handler: { $0.body }) { _, server in
            let url = "http://\(try await server.boundAddress)/echo"
            let answer = try await withBody(count) { try await output(of: nghttp, ["-d", $0, "-m", "1", url]) }
            #expect(answer == Data(pattern(count).readableBytesView))
        }
    }

    @Test(
        "h2load's 4 connections with 32 streams each are all answered",
        .enabled(if: program("h2load") != nil, "install nghttp2-client"))
    func h2load() async throws {
        let h2load = try #require(program("h2load"))
        try await withServer(Place.tcp.address, handler: { $0.body }) { _, server in
            let url = "http://\(try await server.boundAddress)/echo"
            let report = try await withBody(2000) {
                try await output(of: h2load, ["-n", "2000", "-c", "4", "-m", "32", "-d", $0, url])
            }
            #expect(String(decoding: report, as: UTF8.self).contains("2000 succeeded, 0 failed"))
        }
    }
}
