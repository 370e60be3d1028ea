import Foundation
import JSON
import NIOHTTP1
import Testing

@testable import ClusterClient
@testable import Router
@testable import Transport

/// `minimax up` as a person runs it: what it starts, what that costs, and that nothing of it stays behind.
@Suite("minimax up", .serialized, .inTurn) struct LocalClusterTests {
    /// A running `minimax up` and its children.
    struct Up {
        let process: ServiceProcess
        let rest: RESTClient
        let children: [Int32]
        let folder: String

        static func with(
            expertHosts: Int = 2, flags: [String] = [], environment: [String: String] = [:],
            body: (Up) async throws -> Void
        ) async throws {
            try await Paths.withFolder { folder in
                let port = try await TestPort.free()
                let process = try ServiceProcess(
                    "minimax",
                    ["up", "--model", Paths.demo, "--expert-hosts", "\(expertHosts)", "--port", "\(port)"] + flags,
                    folder: folder,
                    stopsWithInput: false, environment: environment.merging(["XDG_RUNTIME_DIR": folder]) { $1 })
                let result: Result<Void, any Error>
                do {
                    try await eventually("minimax up is ready") {
                        if !process.isRunning { throw SupportError("it ended with status \(process.exitStatus)") }
                        return process.log.contains("Ready after")
                    }
                    let up = Up(
                        process: process, rest: RESTClient(.tcp(host: "127.0.0.1", port: port)),
                        children: Processes.children(of: process.processID), folder: folder)
                    result = .success(try await body(up))
                } catch {
                    result = .failure(SupportError("\(error)\n\(process.log)"))
                }
                await process.stop()
                try result.get()
            }
        }

        func ask() async throws -> RESTClient.Answer {
            try await rest.post(
                RESTCluster.chatPath, json: Array(RESTCluster.chatBody("Who are you?", maxTokens: 8).text().utf8),
                limits: .init(total: .seconds(60)))
        }

        /// One of the router's metrics, over all its labels.
        func metric(_ name: String) async throws -> Double {
            guard let socket = socketFolders.first else { return 0 }
            let text = try await RESTClient(.unix(path: "\(folder)/\(socket)/router.admin")).get("/metrics").text
            let samples = text.split(separator: "\n").filter { $0.hasPrefix("\(name) ") || $0.hasPrefix("\(name){") }
            return samples.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? .nan) }
        }

        /// A streamed answer as it comes, to its end, however it ends.
        func stream(_ body: JSONValue) async throws -> String {
            try await rest.request(
                .POST, RESTCluster.chatPath, body: Array(body.text().utf8), limits: .init(silence: .seconds(60))
            ) { _, pieces in
                var bytes: [UInt8] = []
                for try await piece in pieces { bytes += piece }
                return String(decoding: bytes, as: UTF8.self)
            }
        }

        /// Folders for sockets that exist now.
        var socketFolders: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("minimax-") }
        }
    }

    @Test(
        """
        it starts one attention, the expert hosts and one router, which answer; idle, none holds 60 MB beside the \
        weights
        """
    )
    func memory() async throws {
        try await Up.with(expertHosts: 3) { up in
            #expect(
                up.children.map(Processes.name).sorted() == [
                    "attention", "expert-host", "expert-host", "expert-host", "router",
                ])
            #expect(try await up.ask().status == 200)
            for child in up.children + [up.process.processID] {
                let own = try #require(Processes.memory(child, "RssAnon"))
                #expect(own < 60 << 20, "\(Processes.name(child)) holds \(own >> 20) MiB")
            }
        }
    }

    @Test("Ctrl-C takes everything down, in order and without a trace")
    func interrupt() async throws {
        try await Up.with { up in
            #expect(up.children.count == 4)
            #expect(up.socketFolders.count == 1)
            up.process.signal(SIGINT)
            await up.process.waitForExit()
            #expect(up.process.exitStatus == 0)
            #expect(up.process.log.contains("Stopped."))
            #expect(up.children.filter(Processes.isAlive) == [])
            #expect(up.socketFolders == [])
        }
    }

    @Test("a second Ctrl-C in the middle of an answer ends everything at once")
    func interruptTwice() async throws {
        try await Up.with { up in
            async let answer = up.rest.post(
                RESTCluster.chatPath, json: Array(FailureTests.longBody.text().utf8), limits: .init(total: .seconds(60))
            )
            try await Task.sleep(for: .milliseconds(300))
            up.process.signal(SIGINT)
            try await eventually("the first Ctrl-C is noticed") { up.process.log.contains("Stopping") }
            up.process.signal(SIGINT)
            await up.process.waitForExit()
            #expect(up.children.filter(Processes.isAlive) == [])
            #expect((try? await answer)?.status != 200)
        }
    }

    @Test("killed outright, it still leaves no process behind")
    func killed() async throws {
        try await Up.with { up in
            #expect(up.children.count == 4)
            up.process.signal(SIGKILL)
            await up.process.waitForExit()
            try await eventually("all children have ended", within: .seconds(60)) {
                up.children.allSatisfy { !Processes.isAlive($0) }
            }
        }
    }

    @Test(
        """
        an expert host that dies is reported, and the cluster goes on without it; the last one takes it down with \
        status 1
        """
    )
    func expertHostDies() async throws {
        try await Up.with { up in
            let experts = up.children.filter { Processes.name($0) == "expert-host" }
            kill(experts[0], SIGKILL)
            try await eventually("the loss is reported") {
                up.process.log.contains("the cluster goes on with 1 expert host")
            }
            try await eventually("the survivor answers") { try await up.ask().status == 200 }
            kill(experts[1], SIGKILL)
            await up.process.waitForExit()
            #expect(up.process.exitStatus == 1)
            #expect(up.process.log.contains("it was the last expert host"))
            #expect(up.children.filter(Processes.isAlive) == [])
        }
    }

    /// What a client hears of a loss, however long the router would have for its answers.
    @Test(
        "where what answers need dies, streams and requests hear why at once, and it ends with status 1",
        arguments: [
            ("attention", "attention was ended by signal 9", "the cluster lost its attention service and ends"),
            ("expert-host", "it was the last expert host", "the cluster lost its last expert host and ends"),
        ])
    func loss(program: String, report: String, reason: String) async throws {
        let drainSeconds = 3000
        try await Up.with(
            expertHosts: 1, flags: ["--drain-seconds", "\(drainSeconds)", "--router-flags", "--sequences-max 2"]
        ) { up in
            let whole = RESTCluster.chatBody("Who are you?", maxTokens: 30_000, Self.endless)
            async let streamed = up.stream(
                RESTCluster.chatBody("Who are you?", maxTokens: 30_000, Self.endless + [.init("stream", true)]))
            async let running = up.rest.post(
                RESTCluster.chatPath, json: Array(whole.text().utf8), limits: .init(silence: .seconds(600)))
            try await eventually("both run") { try await up.metric("minimax_num_requests_running") == 2 }
            async let waiting = up.rest.post(
                RESTCluster.chatPath, json: Array(whole.text().utf8), limits: .init(silence: .seconds(600)))
            try await eventually("another waits") { try await up.metric("minimax_num_requests_waiting") == 1 }
            let begun = try await up.metric("minimax_decode_tokens_total")
            try await eventually("both write, so the stream has begun") {
                try await up.metric("minimax_decode_tokens_total") >= begun + 20
            }
            kill(try #require(up.children.first { Processes.name($0) == program }), SIGKILL)
            for answer in [try await running, try await waiting] {
                #expect(answer.status == 503 && answer.text.contains(reason), "\(answer.status): \(answer.text)")
            }
            let last = try Self.events(of: try await streamed).last ?? ""
            #expect(last.hasPrefix(#"{"error":{"#) && last.contains(reason), "\(last)")
            await up.process.waitForExit()
            #expect(up.process.exitStatus == 1)
            #expect(up.process.log.contains(report))
            #expect(up.children.filter(Processes.isAlive) == [])
        }
    }

    private static let endless: [JSONValue.Member] = [.init("ignore_eos", true)]

    /// The data of a stream's events.
    private static func events(of stream: String) throws -> [String] {
        var reader = ServerSentEvents()
        return try reader.append(Array(stream.utf8)).map(\.data)
    }

    @Test(
        "SIGTERM: a stream that outlasts the time for it ends with an error and no [DONE], who waits is refused at once"
    )
    func drain() async throws {
        try await Up.with(flags: ["--drain-seconds", "2", "--router-flags", "--sequences-max 1"]) { up in
            async let streamed = up.stream(
                RESTCluster.chatBody("Who are you?", maxTokens: 30_000, Self.endless + [.init("stream", true)]))
            try await eventually("the stream runs") { try await up.metric("minimax_num_requests_running") == 1 }
            async let waiting = up.rest.post(
                RESTCluster.chatPath, json: Array(RESTCluster.chatBody("Who are you?", maxTokens: 8).text().utf8),
                limits: .init(total: .seconds(60)))
            try await eventually("the other waits") { try await up.metric("minimax_num_requests_waiting") == 1 }
            let begin = ContinuousClock.now
            up.process.signal(SIGTERM)
            let refused = try await waiting
            #expect(refused.status == 503 && refused.text.contains("the server is stopping"), "\(refused.text)")
            #expect(ContinuousClock.now - begin < .seconds(2), "it waited as long as the stream")
            let events = try Self.events(of: try await streamed)
            #expect(events.count > 2)
            #expect(events.last?.hasPrefix(#"{"error":{"#) == true, "\(events.last ?? "")")
            #expect(!events.contains("[DONE]"))
            await up.process.waitForExit()
            #expect(up.process.log.contains("Stopped."))
            #expect(up.children.filter(Processes.isAlive) == [])
        }
    }

    @Test("SIGTERM: a whole answer that outlasts the time for it is a 503; one that does not is given")
    func drainWhole() async throws {
        // Long enough for the short answer on a machine that is busy with other tests; the long one never ends in time.
        try await Up.with(flags: ["--drain-seconds", "30"]) { up in
            @Sendable func ask(_ tokens: Int) async throws -> RESTClient.Answer {
                try await up.rest.post(
                    RESTCluster.chatPath,
                    json: Array(RESTCluster.chatBody("Who are you?", maxTokens: tokens, Self.endless).text().utf8),
                    limits: .init(total: .seconds(60)))
            }
            async let long = ask(30_000)
            async let short = ask(60)
            try await eventually("both answers are under way") {
                try await up.metric("minimax_num_requests_running") == 2
            }
            up.process.signal(SIGTERM)
            #expect(try await short.status == 200)
            let cut = try await long
            #expect(cut.status == 503 && cut.text.hasPrefix(#"{"error":{"#), "\(cut.text)")
            await up.process.waitForExit()
            #expect(up.children.filter(Processes.isAlive) == [])
        }
    }

    @Test(
        """
        a closed terminal (SIGHUP) ends neither it nor its processes; its admin address answers on a port; blank \
        variables are as if unset
        """
    )
    func hangUp() async throws {
        let admin = try await TestPort.free()
        let environment = ["MINIMAX_SEQUENCES_MAX": "", "MINIMAX_LOG_LEVEL": " ", "MINIMAX_SEQUENCE_MAX": "3"]
        try await Up.with(flags: ["--admin", "127.0.0.1:\(admin)"], environment: environment) { up in
            for process in up.children + [up.process.processID] { kill(process, SIGHUP) }
            #expect(try await up.ask().status == 200)
            #expect(up.process.isRunning)
            #expect(up.children.filter(Processes.isAlive) == up.children)
            #expect(up.process.log.contains("curl http://127.0.0.1:\(admin)/metrics"))
            let metrics = try await RESTClient(.tcp(host: "127.0.0.1", port: admin)).get("/metrics")
            #expect(metrics.status == 200 && metrics.text.contains("vllm:num_requests_running"))
            #expect(
                up.process.log.contains(
                    """
                    MINIMAX_SEQUENCE_MAX in the environment is no flag of any program and does nothing; is it \
                    MINIMAX_SEQUENCES_MAX?
                    """
                ))
        }
    }

    @Test("keys from a file, or from a list with blanks, let in who brings one; no command line shows them")
    func keys() async throws {
        try await Paths.withFolder { folder in
            try Data("# team\nalice secret-of-alice\nsecret-of-nobody\n".utf8).write(
                to: URL(filePath: "\(folder)/keys"))
            try await Up.with(flags: ["--api-keys-file", "\(folder)/keys"]) {
                try await check($0, keys: ["secret-of-alice", "secret-of-nobody"])
            }
        }
        try await Up.with(environment: ["MINIMAX_API_KEYS": "secret-a, secret-b\n"]) {
            try await check($0, keys: ["secret-a", "secret-b"])
        }
    }

    private func check(_ up: Up, keys: [String]) async throws {
        #expect(try await up.rest.get("/v1/models").status == 401)
        for key in keys {
            #expect(try await up.rest.get("/v1/models", headers: ["authorization": "Bearer \(key)"]).status == 200)
        }
        #expect(up.process.log.contains("-H 'authorization: Bearer YOUR_KEY'"))
        for process in up.children + [up.process.processID] {
            #expect(try !String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8).contains("secret-"))
        }
    }

    @Test("blank API keys keep it from starting")
    func blankKeys() async throws {
        let result = try await Tool.run(
            Paths.program("minimax").path, ["up", "--model", Paths.demo, "--port", "0"],
            environment: ["MINIMAX_API_KEYS": " "])
        #expect(result.status == 64)
        #expect(result.output.contains("MINIMAX_API_KEYS in the environment is blank"), "\(result.output)")
    }
}
