import Foundation
import Testing
@testable import CommandLineTool

@Suite("Progress bar") struct ProgressLineTests {
    private let line = ProgressLine(title: "weights", total: 4 << 30)

    @Test("the bar, what is done, how fast, how long still")
    func text() {
        #expect(line.text(done: 0, seconds: 0, width: 80) == "weights [>                               ]   0 %  0 bytes of 4 GiB")
        #expect(line.text(done: 1 << 30, seconds: 2, width: 72) == "weights [====>             ]  25 %  1 GiB of 4 GiB  512 MiB/s  6 s left")
        #expect(line.text(done: 1 << 30, seconds: 2, width: 72).count == 71)
        #expect(line.text(done: 4 << 30, seconds: 8, width: 60) == "weights [================] 100 %  4 GiB of 4 GiB  512 MiB/s")
    }

    @Test("things are counted where they are no bytes")
    func counts() {
        let line = ProgressLine(title: "questions", total: 2000, unit: .count)
        #expect(line.text(done: 1000, seconds: 100, width: 60) == "questions [====>   ]  50 %  1,000 of 2,000  10.0 a second  1 min 40 s left".prefix(59))
    }

    @Test("no line is as wide as the terminal, and no amount traps", arguments: [1, 2, 20, 40, 79, 200])
    func narrow(width: Int) {
        for done in [0, 1, 1 << 31, 4 << 30, Int.max, -5] {
            for seconds in [0, 0.5, 1, 1e12] { #expect(line.text(done: done, seconds: seconds, width: width).count < max(width, 2)) }
        }
        #expect(ProgressLine(title: "", total: 0).text(done: 0, seconds: 5, width: width).count < max(width, 2))
    }

    @Test("in a log each tenth is told once")
    func log() {
        let line = ProgressLine(title: "rows", total: 1000, unit: .count)
        #expect(line.change(from: 0, to: 99) == nil)
        #expect(line.change(from: 0, to: 100) == "rows: 10 %, 100 of 1,000")
        #expect(line.change(from: 100, to: 199) == nil)
        #expect(line.change(from: 199, to: 520) == "rows: 50 %, 520 of 1,000")
        #expect(line.change(from: 999, to: 1000) == "rows: 100 %, 1,000 of 1,000")
    }

    @Test("durations are written for people", arguments: [(0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (Double.infinity, "very long")])
    func duration(seconds: Double, text: String) { #expect(ProgressLine.duration(seconds) == text) }

    @Test("outside a terminal only plain lines are written, the last one at the end, and the work's result or error comes through")
    func file() async throws {
        struct Failure: Error {}
        try await TemporaryFolder.with { folder in
            try folder.write("log", "")
            let output = try #require(FileHandle(forWritingAtPath: "\(folder.path)/log"))
            let (status, line) = (StatusLine(output: output), ProgressLine(title: "t", total: 10, unit: .count))
            #expect(await status.showing(line) { counter in counter.add(4); counter.add(6); return 7 } == 7)
            #expect(String(decoding: try folder.bytes("log"), as: UTF8.self).hasSuffix("t: 100 %, 10 of 10\n"))
            await #expect(throws: Failure.self) { try await status.showing(line) { _ in throw Failure() } }
            #expect(!(try folder.bytes("log")).contains(0x1B))
        }
    }
}
