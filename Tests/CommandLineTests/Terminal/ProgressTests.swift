import Foundation
import Synchronization
import Testing

@testable import TerminalOutput

@Suite("Progress bar") struct ProgressBarTests {
    private let bar = ProgressBar(title: "weights", total: 4 << 30)

    @Test("the bar, what is done, how fast, how long still")
    func text() {
        let begin = bar.text(done: 0, seconds: 0, width: 80)
        #expect(begin == "weights [>                               ]   0 %  0 bytes of 4 GiB")
        let quarter = bar.text(done: 1 << 30, seconds: 2, width: 72)
        #expect(quarter == "weights [====>             ]  25 %  1 GiB of 4 GiB  512 MiB/s  6 s left")
        #expect(quarter.count == 71)
        let end = bar.text(done: 4 << 30, seconds: 8, width: 60)
        #expect(end == "weights [================] 100 %  4 GiB of 4 GiB  512 MiB/s")
    }

    @Test("things are counted where they are no bytes")
    func counts() {
        let bar = ProgressBar(title: "questions", total: 2000, unit: .count)
        let expected = "questions [====>   ]  50 %  1,000 of 2,000  10.0 a second  1 min 40 s left"
        #expect(bar.text(done: 1000, seconds: 100, width: 60) == expected.prefix(59))
    }

    @Test("no line is as wide as the terminal, and no amount traps", arguments: [1, 2, 20, 40, 79, 200])
    func narrow(width: Int) {
        for done in [0, 1, 1 << 31, 4 << 30, Int.max, -5] {
            for seconds in [0, 0.5, 1, 1e12] {
                #expect(bar.text(done: done, seconds: seconds, width: width).count < max(width, 2))
            }
        }
        #expect(ProgressBar(title: "", total: 0).text(done: 0, seconds: 5, width: width).count < max(width, 2))
    }

    @Test("in a log each tenth is told once")
    func log() {
        let bar = ProgressBar(title: "rows", total: 1000, unit: .count)
        #expect(bar.change(from: 0, to: 99) == nil)
        #expect(bar.change(from: 0, to: 100) == "rows: 10 %, 100 of 1,000")
        #expect(bar.change(from: 100, to: 199) == nil)
        #expect(bar.change(from: 199, to: 520) == "rows: 50 %, 520 of 1,000")
        #expect(bar.change(from: 999, to: 1000) == "rows: 100 %, 1,000 of 1,000")
    }

    @Test(
        "durations are written for people",
        arguments: [
            (0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (Double.infinity, "very long"),
        ])
    func duration(seconds: Double, text: String) { #expect(Amount.duration(seconds) == text) }
}

@Suite("Progress display") struct ProgressDisplayTests {
    /// What `body` makes a display write.
    private func written(
        on terminal: Terminal? = nil, _ body: (ProgressDisplay) async throws -> Void
    ) async throws -> String {
        try await TemporaryFolder.with { folder in
            try folder.write("log", "")
            let output = try #require(FileHandle(forWritingAtPath: "\(folder.path)/log"))
            try await body(ProgressDisplay(output, on: terminal))
            return String(decoding: try folder.bytes("log"), as: UTF8.self)
        }
    }

    @Test("outside a terminal counted work is told in plain lines, the last one at the end; its result comes through")
    func file() async throws {
        let bar = ProgressBar(title: "t", total: 10, unit: .count)
        let text = try await written { display in
            #expect(
                await display.showing(bar) { counter in
                    counter.add(4); counter.add(6); return 7
                } == 7)
        }
        #expect(text.hasSuffix("t: 100 %, 10 of 10\n"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test("the error of work that is shown comes through")
    func error() async throws {
        struct Failure: Error {}
        let bar = ProgressBar(title: "t", total: 10, unit: .count)
        _ = try await written { display in
            await #expect(throws: Failure.self) { try await display.showing(bar) { _ in throw Failure() } }
        }
    }

    @Test("outside a terminal what is drawn is not written, and what is shown is a line each")
    func plain() async throws {
        let text = try await written { display in
            display.draw(["row"])
            display.show("one")
            display.show(detail: "between")
            display.show("two\u{1B}[2J")
            display.clear()
            display.line("last")
        }
        #expect(text == "one\ntwo\\u001b[2J\nlast\n")
    }

    @Test("on a terminal lines are drawn in place of those before, until they are kept or cleared")
    func redrawn() async throws {
        let terminal = Terminal(columns: 8, rows: 24, colours: false)
        let text = try await written(on: terminal) { display in
            display.draw(["a", "b"])
            display.draw(["c", "d"])
            display.line("stays")
            display.show("too long a line")
            display.show(detail: "short")
            display.clear()
            display.clear()
            display.show("e")
        }
        let erase = "\u{1B}[2K"
        #expect(
            text == "\(erase)a\n\(erase)b\n\u{1B}[2A\(erase)c\n\(erase)d\nstays\n"
                + "\(erase)too lon\n\u{1B}[1A\(erase)short\n\u{1B}[1A\u{1B}[J\(erase)e\n")
    }

    @Test("a line of a log comes at once, and not again within seconds")
    func seldom() {
        var pace = LogPace()
        #expect(
            [0, 0.25, 5, 9.75, 10, 10.5, 19.75, 35, 44.75, 45].map { pace.isDue(at: $0) }
                == [true, false, false, false, true, false, false, true, false, true])
    }

    @Test("each line that is due for a log is written once")
    func log() async throws {
        let (lines, made) = AsyncStream<Void>.makeStream(), count = Atomic(0)
        let text = try await written { display in
            await display.showing({ _ in
                count.add(1, ordering: .relaxed)
                made.yield()
                return "line"
            }) {
                for await _ in lines { break }
            }
        }
        #expect(text == String(repeating: "line\n", count: count.load(ordering: .relaxed)))
    }
}
