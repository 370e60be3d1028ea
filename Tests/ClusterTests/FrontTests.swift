import Foundation
import JSON
import Testing

@testable import Router
@testable import Transport

/// Clients of the REST port that go away, send nothing, or send too much: they cost nobody else anything, and leave
/// nothing behind.
@Suite(
    "Strangers on the REST port", .serialized, .inTurn,
    .cluster(router: ["--body-max-mib", "4", "--bodies-max-mib", "16"])) struct FrontTests
{
    private static let endless = #"{"prompt":"Once","max_tokens":100000,"ignore_eos":true}"#
    private static func post(_ body: String, _ more: String = "") -> String {
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
    }

    private func expectIdle(_ cluster: RESTCluster) async throws {
        for name in ["vllm:num_requests_running", "vllm:num_requests_waiting"] {
            try await eventually("\(name) is 0") { try await cluster.metric(name, of: "router") == 0 }
        }
        try await eventually("no sequence is open") {
            try await cluster.metric("minimax_attention_sequences", of: "attention") == 0
        }
    }

    @Test("requests whose connection is reset before their work begins leave nothing that runs or waits")
    func resets() async throws {
        let cluster = try suiteCluster(), address = cluster.restAddress
        let router = try cluster.process("router")
        let before = try await cluster.chat("Who are you?", maxTokens: 8).json.withoutIdentity
        try await expectIdle(cluster)
        let descriptors = router.descriptorCount
        var memory = 0
        for round in 0 ..< 3 {
            if round == 1 { memory = router.memory("RssAnon") }        // the first round brings the heap to its size
            try await onThread {
                for index in 0 ..< 500 {
                    let socket = try RawSocket(address)
                    let request = Self.post(Self.endless)
                    switch index % 4 {
                    case 0: _ = socket.send(request)
                    case 1: _ = socket.send(request + request + request)
                    case 2: _ = socket.send(request.dropLast(5).description)
                    default: _ = socket.send(Self.post(#"{"stream":true,"# + Self.endless.dropFirst()))
                    }
                    socket.reset()
                }
            }
            try await expectIdle(cluster)
        }
        try await eventually("the router closed its descriptors") { router.descriptorCount <= descriptors }
        #expect(router.memory("RssAnon") - memory < 32 << 20)
        #expect(try await cluster.chat("Who are you?", maxTokens: 8).json.withoutIdentity == before)
    }

    @Test("pipelined requests behind a client that hung up are not begun")
    func pipelined() async throws {
        let cluster = try suiteCluster(), address = cluster.restAddress
        try await expectIdle(cluster)
        let before = try await cluster.metric("minimax_generation_tokens_total", of: "router")
        try await onThread {
            let socket = try RawSocket(address)
            _ = socket.send(String(repeating: Self.post(Self.endless), count: 20))
            socket.finish()
            _ = socket.readAll()        // until the server ends it
        }
        try await expectIdle(cluster)
        #expect(try await cluster.metric("minimax_generation_tokens_total", of: "router") - before < 1000)
    }

    @Test("the bodies of a client are held up to its share, and their memory goes back to the system")
    func bodies() async throws {
        let cluster = try suiteCluster(), address = cluster.restAddress, router = try cluster.process("router")
        _ = try await cluster.chat("Who are you?", maxTokens: 1)
        let before = router.memory("RssAnon")
        let part = String(repeating: " ", count: 4_100_000)
        let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n"
        let crowd = try await onThread { try SocketCrowd(address, count: 24, sending: head + part) }
        #expect(router.memory("RssAnon") - before < 48 << 20, "of 98 MB that were sent")
        #expect(try await cluster.get("/health").status == 200)
        let answers = try await onThread { crowd.beginnings(12) }
        #expect(answers.contains("HTTP/1.1 429"))
        crowd.close()
        try await eventually("the memory is given back") { router.memory("RssAnon") - before < 16 << 20 }
    }

    @Test("where no descriptor is free, accepting pauses, and goes on when there is one")
    func descriptors() async throws {
        let cluster = try suiteCluster(), address = cluster.restAddress, router = try cluster.process("router")
        func limit(_ count: Int) async throws {
            let result = try await Tool.run("prlimit", ["--pid", "\(router.processID)", "--nofile=\(count):"])
            #expect(result.status == 0, "\(result.output)")
        }
        try await limit(router.descriptorCount + 40)
        let crowd = try await onThread { try SocketCrowd(address, count: 120) }
        try await eventually("descriptors are used up") { router.log.contains("all file descriptors are in use") }
        let start = ContinuousClock.now, used = Processes.processorSeconds(router.processID) ?? 0
        try await Task.sleep(for: .seconds(1))        // a time over which to measure
        let share =
            ((Processes.processorSeconds(router.processID) ?? 0) - used) / (start.duration(to: .now) / .seconds(1))
        #expect(share < 0.5, "of a core; asking again without a pause takes the whole")
        #expect(try await cluster.get("/health").status == 200, "idle connections make room")
        crowd.close()
        try await limit(1024)
        try await eventually("new connections are served") { try await cluster.isReady() }
    }
}
