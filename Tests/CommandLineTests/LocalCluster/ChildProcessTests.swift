import Foundation
import Synchronization
import Testing
import Transport

@testable import LocalCluster

@Suite("Child process") struct ChildProcessTests {
    /// Runs a shell script as a child; `onLine` may give it orders.
    private func run(
        _ script: String,
        onLine: @escaping @Sendable (String, AsyncStream<ChildProcess.Order>.Continuation) -> Void = { _, _ in }
    ) async throws
        -> (exit: ChildExit, lines: [String], log: String)
    {
        let log = FileManager.default.temporaryDirectory.appending(path: "child-\(UUID().uuidString).log").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let (orders, sink) = AsyncStream<ChildProcess.Order>.makeStream()
        let lines = Mutex<[String]>([])
        let plan = ProcessPlan(
            role: .router, name: "child", program: "/bin/sh", arguments: ["-c", script], admin: .unix(path: "/none"))
        let exit = await ChildProcess(plan: plan, logFile: log).run(orders: orders, onStart: { _ in }) { line in
            lines.withLock { $0.append(line) }
            onLine(line, sink)
        }
        return (
            exit, lines.withLock { $0 },
            String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        )
    }

    @Test("the last words of a child are not lost, and its status is told")
    func lastWords() async throws {
        for _ in 0 ..< 10 {
            let child = try await run("echo one >&2; printf 'two' >&2; exit 3")
            #expect(child.exit == .exited(3))
            #expect(child.lines == ["one", "two"])
            #expect(child.log == "one\ntwo")
        }
    }

    @Test("signals reach it")
    func signals() async throws {
        let child = try await run(
            "trap 'echo bye >&2; exit 0' TERM; echo ready >&2; while :; do sleep 0.05; done"
        ) { line, sink in
            if line == "ready" { sink.yield(.signal(15)) }
        }
        #expect(child.exit == .exited(0))
        #expect(child.lines == ["ready", "bye"])
        #expect(
            try await run("echo ready >&2; exec sleep 60", onLine: { _, sink in sink.yield(.signal(9)) }).exit
                == .signalled(9))
    }

    @Test("what it is told comes on its standard input, line by line")
    func told() async throws {
        let child = try await run("echo ready >&2; read -r one; read -r two; echo \"$one, $two\" >&2") { line, sink in
            if line == "ready" { for word in ["an end", "a reason"] { sink.yield(.say(word)) } }
        }
        #expect(child.lines == ["ready", "an end, a reason"])
    }

    @Test("it has a session of its own and an open standard input")
    func session() async throws {
        // Field 6 of /proc/PID/stat is the session; a read that times out saw no end of input.
        let child = try await run(
            """
            read -r pid name state parent group session rest < /proc/$$/stat
            [ "$session" = $$ ] && echo own >&2
            timeout 0.2 cat; [ $? = 124 ] && echo open >&2
            """)
        #expect(child.lines == ["own", "open"])
    }

    @Test("a program that is not there is told as such")
    func missing() async throws {
        let plan = ProcessPlan(
            role: .router, name: "child", program: "/no/such/program", arguments: [], admin: .unix(path: "/none"))
        let exit = await ChildProcess(plan: plan, logFile: "/dev/null").run(
            orders: AsyncStream { $0.finish() }, onStart: { _ in }, onLine: { _ in })
        guard case .neverStarted = exit else {
            Issue.record("\(exit)")
            return
        }
    }

    @Test("of a child's last words a trap's message is kept, not the backtrace after it")
    func recentLines() {
        let recent = RecentLines()
        for number in 0 ..< 50 { recent.add("line \(number)", of: "router") }
        recent.add("x.swift:1: Fatal error: broken", of: "router")
        for number in 0 ..< 50 { recent.add("frame \(number)", of: "router") }
        #expect(recent.of("router").count == 12)
        #expect(recent.of("router").last == "x.swift:1: Fatal error: broken")
        #expect(recent.of("attention") == [])
    }

    @Test("lines come out the same however the bytes are cut")
    func splitter() {
        let bytes = Array("eins\n\nzwölf 🌍\nrest".utf8)
        for cut in 0 ... bytes.count {
            var lines = LineSplitter()
            let found = lines.append(Array(bytes[..<cut])) + lines.append(Array(bytes[cut...]))
            #expect(found == ["eins", "", "zwölf 🌍"])
            #expect(lines.rest == "rest")
        }
    }
}
