import Console
import NIOHTTP1
import Testing

@testable import ClusterClient

@Suite("Progress of a snapshot's download") struct SnapshotProgressTests {
    private static func headers(_ length: Int, _ tag: String, range: String? = nil) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Length": "\(length)", "ETag": tag]
        if let range { headers.add(name: "Content-Range", value: range) }
        return headers
    }

    @Test("a connection that breaks is followed by a request for the rest of the same file")
    func resume() throws {
        var progress = SnapshotProgress()
        #expect(progress.headers.isEmpty && !progress.isComplete)
        #expect(try progress.begin(status: 200, Self.headers(100, "\"a\"")) == 0)
        progress.took(30)
        #expect(progress.headers == ["range": "bytes=30-", "if-range": "\"a\""])
        #expect(try progress.begin(status: 206, Self.headers(70, "\"a\"", range: "bytes 30-99/100")) == 30)
        progress.took(70)
        #expect(progress.isComplete && progress.total == 100)
    }

    @Test("a file that has changed meanwhile begins anew")
    func another() throws {
        var progress = SnapshotProgress()
        _ = try progress.begin(status: 200, Self.headers(100, "\"a\""))
        progress.took(30)
        #expect(try progress.begin(status: 200, Self.headers(50, "\"b\"")) == 0)
        #expect(progress.received == 0 && progress.total == 50)
        progress.took(20)
        #expect(progress.headers == ["range": "bytes=20-", "if-range": "\"b\""])
    }

    @Test("another part than asked for is refused")
    func otherParts() throws {
        for (length, range) in [
            (70, "bytes 29-98/100"), (70, "bytes 30-99/101"), (69, "bytes 30-98/100"), (70, "bytes */100"),
        ] {
            var progress = SnapshotProgress()
            _ = try progress.begin(status: 200, Self.headers(100, "\"a\""))
            progress.took(30)
            let error = #expect(throws: StartError.self) {
                _ = try progress.begin(status: 206, Self.headers(length, "\"a\"", range: range))
            }
            #expect(error?.description.contains("another part than asked for") == true)
        }
        var progress = SnapshotProgress()
        #expect(throws: StartError.self) { _ = try progress.begin(status: 200, ["ETag": "\"a\""]) }
    }
}
