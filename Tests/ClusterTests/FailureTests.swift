import Foundation
import JSON
import Logging
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import ClusterClient
@testable import Router
@testable import Transport

/// Processes that are not there, die or come back, in clusters of their own.
@Suite("Failures", .serialized, .inTurn) struct FailureTests {
    static let question = "Who are you?"

    /// An answer that is still under way when something happens to the cluster: it goes on for thousands of tokens.
    static let longBody = RESTCluster.chatBody(question, maxTokens: 5000, [.init("ignore_eos", true)])

    private func normalAnswer(
        _ cluster: RESTCluster, _ location: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let reply = try await cluster.chat(Self.question, maxTokens: 24)
        #expect(reply.status == 200, "\(reply.json.text())", sourceLocation: location)
        return reply.json["choices"] ?? .null
    }

    private func sequences(_ cluster: RESTCluster) async throws -> Double {
        try await cluster.metric("minimax_attention_sequences", of: "attention")
    }

    private func waitUntilWorking(_ cluster: RESTCluster) async throws {
        try await eventually("the cluster works on the request") { try await sequences(cluster) > 0 }
    }

    /// Until a host that was started anew has experts.
    private func waitUntilAssigned(_ host: String, _ cluster: RESTCluster) async throws {
        try await eventually("\(host) was assigned experts again") {
            ((try? await cluster.metric("minimax_expert_units", of: host)) ?? 0) > 0
        }
    }

    /// A request without streaming, and `action` once the cluster works on it.
    private func whileAnswering(
        _ cluster: RESTCluster, _ path: String = RESTCluster.chatPath, _ body: JSONValue = longBody,
        _ action: @Sendable () async throws -> Void
    ) async throws -> RESTCluster.Reply {
        async let reply = cluster.post(path, body)
        try await waitUntilWorking(cluster)
        try await action()
        return try await reply
    }

    @Test("without an expert host requests get 503 in OpenAI's shape; when one starts they are answered")
    func noExpertHost() async throws {
        try await RESTCluster.with(.init(expertHosts: 1), starts: .nothing) { cluster in
            try cluster.startAttention()
            try cluster.startRouter()
            try await eventually("the front lacks nothing but experts") {
                guard let reply = try? await cluster.get("/health") else { return false }
                return reply.status == 503 && reply.json["message"]?.text?.contains("expert host") == true
            }
            let reply = try await cluster.chat(Self.question)
            #expect(reply.status == 503)
            #expect(reply.errorCode == "service_unavailable")
            #expect(reply.errorMessage.contains("expert host"))
            #expect(reply.error?["param"] == .null)
            let body = #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#
            let stream = try await cluster.rest.post(RESTCluster.chatPath, json: Array(body.utf8))
            #expect(stream.status == 503)
            #expect("\(stream.head.headers)".lowercased().contains("retry-after"))

            try cluster.startExpertHost(1)
            try await cluster.waitUntilReady()
            _ = try await normalAnswer(cluster)
        }
    }

    @Test("a host that is killed in mid-answer costs no byte of it, and serves again when it is back")
    func expertHostKilled() async throws {
        let path = RESTCluster.completionsPath
        let body = RESTCluster.completionBody(
            "Once upon a time", maxTokens: 300, [.init("ignore_eos", true), .init("logprobs", 3)])
        try await RESTCluster.with { cluster in
            let undisturbed = Transcript(try await cluster.stream(path, body))
            #expect(undisturbed.isDone && undisturbed.tokens.count == 300)
            let whole = try await cluster.post(path, body).json["choices"]

            let second = try cluster.process("expert-2")
            let stream = try await cluster.stream(path, body) { stream in
                if stream.events.count >= 3, second.isRunning { second.signal(SIGKILL) }
                return false
            }
            #expect(Transcript(stream).difference(from: undisturbed) == nil)
            try await eventually("expert-2 has ended") { !second.isRunning }
            #expect(try await cluster.post(path, body).json["choices"] == whole)

            try cluster.startExpertHost(2)
            try await waitUntilAssigned("expert-2", cluster)
            let first = try cluster.process("expert-1")
            let reply = try await whileAnswering(cluster, path, body) { first.signal(SIGKILL) }
            #expect(reply.status == 200, "\(reply.json.text())")
            #expect(reply.json["choices"] == whole)
            #expect(try await cluster.metric("minimax_expert_rows_total", of: "expert-2") > 0)
            #expect(try await cluster.post(path, body).json["choices"] == whole)
        }
    }

    /// What `harm` does to all expert hosts is told at once; when `mend` has brought hosts back, a stream that was
    /// under way ends as if nothing had been.
    private func withoutHosts(
        _ flags: [String], _ harm: @escaping @Sendable (RESTCluster) async throws -> Void,
        _ mend: @escaping @Sendable (RESTCluster) async throws -> Void
    ) async throws {
        let body = RESTCluster.chatBody(Self.question, maxTokens: 100, [.init("ignore_eos", true)])
        try await RESTCluster.with(.init(router: flags)) { cluster in
            let undisturbed = try await cluster.stream(RESTCluster.chatPath, body)
            let stream = try await cluster.stream(RESTCluster.chatPath, body) { stream in
                guard stream.events.count == 3 else { return false }
                try await harm(cluster)
                try await expectUnavailable(cluster)
                // The hosts may be lost one after the other; before the last is, /readyz says that experts are loaded.
                try await eventually("/readyz names the expert hosts") {
                    let ready = try await RESTClient(.unix(path: "\(cluster.folder)/router.admin")).get("/readyz")
                    return ready.status == 503 && ready.text.contains("expert host")
                }
                let refused = try await cluster.rest.post(RESTCluster.chatPath, json: Array(Self.longBody.text().utf8))
                #expect(refused.status == 503 && refused.text.contains("expert host"), "\(refused.text)")
                #expect(refused.head.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0 > 0)
                try await mend(cluster)
                return false
            }
            #expect(stream.isDone, "\(stream.events.last?.text() ?? "")")
            #expect(stream.text() == undisturbed.text())
            try await cluster.waitUntilReady()
        }
    }

    private func expectUnavailable(_ cluster: RESTCluster) async throws {
        try await eventually("the front says that it has no host") { try await cluster.get("/health").status == 503 }
    }

    @Test("when all expert hosts are killed, probes and new requests hear it; a stream waits and goes on with others")
    func allExpertHostsKilled() async throws {
        try await withoutHosts(["--host-wait-seconds", "600"]) { cluster in
            for index in 1 ... 2 { try cluster.process("expert-\(index)").signal(SIGKILL) }
        } _: { cluster in
            for index in 1 ... 2 { try cluster.startExpertHost(index) }
        }
    }

    @Test("all hosts frozen in mid-answer are told as soon as they are silent, and the stream goes on when they do")
    func allExpertHostsFrozen() async throws {
        try await withoutHosts(["--host-wait-seconds", "600", "--host-silence-seconds", "1"]) { cluster in
            for index in 1 ... 2 { try cluster.process("expert-\(index)").signal(SIGSTOP) }
        } _: { cluster in
            for index in 1 ... 2 { try cluster.process("expert-\(index)").signal(SIGCONT) }
        }
    }

    @Test("a request whose expert hosts do not come back ends with 503 after its time, and a new host serves again")
    func lastExpertHostKilled() async throws {
        let flags = ["--host-wait-seconds", "3", "--admit-wait-seconds", "0"]
        try await RESTCluster.with(.init(expertHosts: 1, router: flags)) { cluster in
            let before = try await normalAnswer(cluster)
            let reply = try await whileAnswering(cluster) { try cluster.process("expert-1").signal(SIGKILL) }
            #expect(reply.status == 503)
            #expect(try await cluster.get("/health").status == 503)
            #expect(try await cluster.chat(Self.question).status == 503)
            try cluster.startExpertHost(1)
            try await cluster.waitUntilReady()
            #expect(try await normalAnswer(cluster) == before)
        }
    }

    @Test("a new request waits for a host that starts again at once")
    func quickRestart() async throws {
        try await RESTCluster.with(.init(expertHosts: 1, router: ["--admit-wait-seconds", "600"])) { cluster in
            let before = try await normalAnswer(cluster)
            try cluster.process("expert-1").signal(SIGKILL)
            try await expectUnavailable(cluster)
            async let answer = normalAnswer(cluster)
            try cluster.startExpertHost(1)
            #expect(try await answer == before)
        }
    }

    @Test("a router that is killed and started again serves with the same attention and expert hosts")
    func routerKilled() async throws {
        try await RESTCluster.with { cluster in
            let before = try await normalAnswer(cluster)
            // Plans of the first router beyond the first, so that the second one's versions are lower.
            try cluster.process("expert-2").signal(SIGKILL)
            try cluster.startExpertHost(2)
            try await waitUntilAssigned("expert-2", cluster)
            async let lost = cluster.post(RESTCluster.chatPath, Self.longBody)
            try await waitUntilWorking(cluster)
            try cluster.process("router").signal(SIGKILL)
            let reply = try? await lost
            #expect(reply?.status == nil)
            try cluster.startRouter()
            try await cluster.waitUntilReady()
            #expect(try await normalAnswer(cluster) == before)
            try await eventually("the sequence of the first router is gone") { try await sequences(cluster) == 0 }
        }
    }

    @Test("a client that hangs up stops its work, streaming or not")
    func hangUp() async throws {
        try await RESTCluster.with { cluster in
            func expectIdle(_ what: String) async throws {
                try await eventually("\(what): no sequence is left") { try await sequences(cluster) == 0 }
                let rows = try await cluster.metric("minimax_attention_rows_total", of: "attention")
                #expect(rows < 16 * 2500, "\(what): half of the answer was computed for nobody")        // 16 layers
                try await Task.sleep(for: .milliseconds(200))
                let later = try await cluster.metric("minimax_attention_rows_total", of: "attention")
                #expect(later == rows, "\(what): work goes on")
            }
            _ = try await cluster.stream(RESTCluster.chatPath, Self.longBody) { $0.events.count >= 3 }
            try await expectIdle("streaming")

            let front = cluster.restAddress
            let body = Self.longBody.text()
            for half in [true, false] {
                let socket = try RawSocket(front)
                let head = "POST \(RESTCluster.chatPath) HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                #expect(socket.send("\(head)content-length: \(body.utf8.count)\r\n\r\n\(body)"))
                try await waitUntilWorking(cluster)
                // A client that only closes its sending side counts as gone, too.
                if half { socket.finish() } else { socket.close() }
                try await expectIdle("at once, half closed: \(half)")
            }
            _ = try await normalAnswer(cluster)
        }
    }

    @Test("the connections to attention end without an error whenever the router is told to stop")
    func linkStops() async throws {
        try await ModelCluster.with(Paths.demo, expertHosts: 1) { cluster in
            for attempt in 0 ..< 40 {
                let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let group = ServiceGroup(services: [try cluster.makeControl()], logger: quiet)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    try await Task.sleep(for: .milliseconds(10 * attempt))
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
            }
        }
    }

    @Test("told to stop, the router finishes the answer under way and takes no new one")
    func gracefulShutdown() async throws {
        try await RESTCluster.with { cluster in
            let body = RESTCluster.chatBody(Self.question, maxTokens: 60, [.init("ignore_eos", true)])
            let whole = try await cluster.post(RESTCluster.chatPath, body)
            let router = try cluster.process("router")
            let stream = try await cluster.stream(RESTCluster.chatPath, body) { stream in
                if stream.events.count == 2 { router.signal(SIGTERM) }
                return false
            }
            #expect(stream.text() == whole.text)
            #expect(stream.isDone)
            await router.waitForExit()
            #expect(router.exitStatus == 0, "\(router.log)")
            let error = await #expect(throws: RESTError.self) { _ = try await cluster.rest.get("/health") }
            #expect(error?.kind == .cannotConnect)
        }
    }

    /// Streams then end with an error, and who waits gets 503.
    @Test(
        "told to stop while a step waits for hosts that are all gone, the router ends in its time",
        arguments: [
            SIGKILL, SIGSTOP,
        ])
    func stopWithoutHosts(harm: Int32) async throws {
        let flags = [
            "--host-wait-seconds", "600", "--host-silence-seconds", "1", "--drain-seconds", "2", "--sequences-max", "1",
        ]
        try await RESTCluster.with(.init(router: flags)) { cluster in
            let router = try cluster.process("router")
            let stream = try await cluster.stream(RESTCluster.chatPath, Self.longBody) { stream in
                // Once: afterwards nothing listens any more, while the stream still brings comments.
                guard stream.events.count == 3, (try? await cluster.get("/health")) != nil else { return false }
                async let waiting = cluster.post(RESTCluster.chatPath, Self.longBody)
                try await eventually("another waits") {
                    try await cluster.metric("minimax_num_requests_waiting", of: "router") == 1
                }
                for index in 1 ... 2 { try cluster.process("expert-\(index)").signal(harm) }
                try await expectUnavailable(cluster)
                router.signal(SIGTERM)
                let refused = try await waiting
                #expect(refused.status == 503 && refused.errorMessage.contains("stopping"), "\(refused.json.text())")
                return false
            }
            #expect(!stream.isDone)
            let end = stream.events.last
            #expect(end?["error"]?["code"] == "service_unavailable", "\(end?.text() ?? "")")
            await router.waitForExit()
            #expect(router.log.contains("time limit"), "\(router.log)")
        }
    }
}
