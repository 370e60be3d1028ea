import Foundation
import Testing

@testable import ServiceLife

@Suite("Parent watch") struct ParentWatchTests {
    @Test("the wait ends when the other end of the pipe is closed, and not when bytes come")
    func end() async throws {
        let pipe = Pipe()
        try await withThrowingTaskGroup(of: String.self) { tasks in
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            tasks.addTask {
                await waitForEnd(of: descriptor); return "ended"
            }
            try pipe.fileHandleForWriting.write(contentsOf: Data("noise".utf8))
            tasks.addTask {
                try await Task.sleep(for: .milliseconds(200)); return "still waiting"
            }
            #expect(try await tasks.next() == "still waiting")
            try pipe.fileHandleForWriting.close()
            #expect(try await tasks.next() == "ended")
        }
    }

    @Test("lines that come before the end are handed on, long ones cut")
    func lines() async throws {
        let pipe = Pipe(), descriptor = pipe.fileHandleForReading.fileDescriptor
        let (lines, sink) = AsyncStream<String>.makeStream()
        try pipe.fileHandleForWriting.write(
            contentsOf: Data("one\n\(String(repeating: "x", count: 5000))\nno line".utf8))
        try pipe.fileHandleForWriting.close()
        await waitForEnd(of: descriptor) { sink.yield($0) }
        sink.finish()
        #expect(await lines.reduce(into: []) { $0.append($1) } == ["one", String(repeating: "x", count: 1000)])
    }

    @Test("a cancelled wait returns")
    func cancel() async {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await waitForEnd(of: descriptor) }
            tasks.cancelAll()
        }
        try? pipe.fileHandleForWriting.close()
    }

    @Test("what cannot be waited for counts as ended")
    func device() async throws {
        let null = try #require(FileHandle(forReadingAtPath: "/dev/null"))
        await waitForEnd(of: null.fileDescriptor)
    }
}
