import AdminMessages
import Foundation
import JSON
import Messages
import NIOCore
import Testing
import TypedCalls

@testable import Router
@testable import Transport

/// Attention services that lie, come and go, or come in crowds, beside one that is honest. Nobody who asks the cluster
/// notices.
@Suite("Hostile attention services", .serialized, .inTurn, SuiteCluster(setup: .oneHonestService))
struct HostileAttentionTests {
    private static let honest = "attention"
    /// More than the honest one has: sequences begin where most memory is free.
    private static let memoryBytes = 1 << 30
    private static let prompts = [
        "Once upon a time there was a small village by the sea, and in it lived an old woman who",
        "The password of the old bridge is known to nobody but the man who keeps the key of the",
        "It is a truth universally acknowledged, that a single man in possession of a good fortune",
    ]
    private static let salts = CallCount()

    /// What clients get that ask at the same time, log-probabilities included; the same whoever computes it. Nothing is
    /// reused of what was computed before.
    private func answers(_ cluster: RESTCluster) async throws -> [JSONValue] {
        try await withThrowingTaskGroup(of: (Int, JSONValue).self) { tasks in
            for (index, prompt) in Self.prompts.enumerated() {
                Self.salts.add()
                let salt = JSONValue.string("salt \(Self.salts.value)")
                tasks.addTask {
                    let reply = try await cluster.complete(
                        .string(prompt), maxTokens: 4,
                        [.init("logprobs", 3), .init("ignore_eos", true), .init("cache_salt", salt)])
                    guard reply.status == 200 else { throw SupportError("\(reply.status): \(reply.json.text())") }
                    return (index, reply.json.withoutIdentity)
                }
            }
            return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// The suite's cluster, once what earlier tests brought has gone.
    private func calmCluster() async throws -> RESTCluster {
        let cluster = try suiteCluster()
        try await eventually("nobody but \(Self.honest) is left", within: .seconds(60)) {
            let attention = try await cluster.plan().attention
            return attention.members.map(\.name) == [Self.honest] && attention.replicas == 1
        }
        return cluster
    }

    /// Asks again and again while `body` runs; every answer must be the same.
    private func whileAnswering(
        _ cluster: RESTCluster, _ expected: [JSONValue], _ body: () async throws -> Void
    ) async throws {
        let ends = CallCount()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                repeat {
                    let found = try await answers(cluster)
                    #expect(found == expected)
                } while ends.value == 0
            }
            try await body()
            ends.add()
            try await tasks.waitForAll()
        }
    }

    private func announcement(
        _ cluster: RESTCluster, _ name: String, at address: Address, instance: String = "1", isDraining: Bool = false
    ) throws -> AnnounceRequest {
        AnnounceRequest(
            name: name, instance: instance, address: "\(address)", modelFingerprint: try cluster.fingerprint(),
            kernels: "fake", threads: 1, draining: isDraining, arithmetic: "exact", memoryBytes: Self.memoryBytes,
            readBandwidth: 4096 << 20, machine: "fake", role: "attention")
    }

    /// Lines of the router's log that name a service.
    private func logLines(_ cluster: RESTCluster, about name: String) throws -> [String] {
        try cluster.process("router").log.split(separator: "\n").map(String.init).filter {
            $0.contains("service=\(name) ") || $0.contains("services=\(name) ") || $0.hasSuffix("services=\(name)")
        }
    }

    /// Whether a service alone is a replica now, or was.
    private func isFormed(_ name: String, _ cluster: RESTCluster) throws -> Bool {
        try cluster.process("router").log.split(separator: "\n").contains {
            $0.contains("a replica of attention is formed") && ($0 + " ").contains("parts=\(name) ")
        }
    }

    // MARK: lies

    @Test("a service that lies is found out by name, and no answer is wrong for it", arguments: AttentionLie.all)
    func liar(lie: AttentionLie) async throws {
        let cluster = try await calmCluster(), expected = try await answers(cluster)
        let name = "liar-\(lie.description.replacing(" ", with: "-"))"
        let service = try FakeAttention(Paths.demo, memoryBytes: Self.memoryBytes)
        try await cluster.withServer(name, lie.handler(service)) { address in
            let announcement = try announcement(cluster, name, at: address)
            #expect(try await cluster.refusal(of: announcement) == nil)
            if lie.moment != .joining {
                try await eventually("\(name) is trusted with sequences") { try isFormed(name, cluster) }
            }
            if lie.moment == .leaving {
                let before = try await answers(cluster)
                #expect(before == expected)
                let leaving = try self.announcement(cluster, name, at: address, isDraining: true)
                #expect(try await cluster.refusal(of: leaving) == nil)
            }
            try await eventually("the lie is found out") {
                let found = try await answers(cluster)
                #expect(found == expected)
                return try logLines(cluster, about: name).contains { $0.contains(lie.reason) }
            }
        }
        let after = try await answers(cluster)
        #expect(after == expected)
        #expect(try cluster.process("router").isRunning)
    }

    @Test("embeddings that are no numbers are found out as well; they are asked of the service that came first")
    func embeddings() async throws {
        let cluster = try await calmCluster(), expected = try await answers(cluster)
        let lie = AttentionLie.changing("embeddings of NaN", .embed, "an embedding that is not finite") {
            EmbedResponse(hidden: $1.hidden.map { _ in .nan })
        }
        let service = try FakeAttention(Paths.demo, memoryBytes: Self.memoryBytes)
        try await cluster.withServer("first", lie.handler(service)) { address in
            #expect(try await cluster.refusal(of: announcement(cluster, "first", at: address)) == nil)
            try await eventually("it is there") { try isFormed("first", cluster) }
            try cluster.process(Self.honest).signal(SIGKILL)
            try await eventually("one is there") { try await cluster.plan().attention.replicas == 1 }
            try cluster.startAttention()
            try await eventually("two are there") { try await cluster.plan().attention.replicas == 2 }
            let found = try await answers(cluster)
            #expect(found == expected)
        }
        #expect(try logLines(cluster, about: "first").contains { $0.contains(lie.reason) })
    }

    @Test("a service that takes another one's name is told where that one is, and changes nothing")
    func nameOfAnother() async throws {
        let cluster = try await calmCluster()
        let address = Address.unix(path: "\(cluster.folder)/impostor.sock")
        let impostor = try announcement(cluster, Self.honest, at: address, instance: "another")
        let refusal = try await cluster.refusal(of: impostor)
        #expect(refusal?.message.contains("is here already, at \(cluster.attentionAddress)") == true, "\(refusal)")
        #expect(try await cluster.plan().attention.members.map(\.address) == ["\(cluster.attentionAddress)"])
    }

    // MARK: services that come and go

    @Test(
        "a service that comes and goes twenty times holds nobody up, under one name or under many",
        arguments: [true, false])
    func flapping(hasOneName: Bool) async throws {
        let cluster = try await calmCluster(), expected = try await answers(cluster)
        let service = try FakeAttention(Paths.demo, memoryBytes: Self.memoryBytes)
        var refusals: [RPCError] = []
        try await cluster.withControl { control in
            try await whileAnswering(cluster, expected) {
                for round in 0 ..< 20 {
                    try await cluster.withServer("flap-\(round)", service.endpoints.answer) { address in
                        let name = hasOneName ? "flapping" : "flapping-\(round)"
                        let announcement = try announcement(cluster, name, at: address, instance: "\(round)")
                        if let refusal = await control.refusal(of: announcement) { refusals.append(refusal) }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
        }
        if hasOneName {
            #expect(refusals.contains { $0.message.contains("stay away") }, "\(refusals)")
        } else {
            #expect(refusals == [])
        }
        #expect(try cluster.process("router").isRunning)
    }

    @Test("of fifty services that come at once those that work are taken in, and the others keep nobody waiting")
    func crowd() async throws {
        let cluster = try await calmCluster(), expected = try await answers(cluster)
        let memory = try await cluster.metric("process_resident_anonymous_memory_bytes", of: "router")
        let idle = AttentionLie.instead("nothing", .holdPart, "") {
            try await Task.sleep(for: .seconds(3600))
            return ByteBuffer()
        }
        let services = try (0 ..< 50).map { _ in try FakeAttention(Paths.demo, memoryBytes: 64 << 20) }
        let handlers = services.enumerated().map { $0 % 2 == 0 ? $1.endpoints.answer : idle.handler($1) }
        try await cluster.withServers("crowd", handlers) { addresses in
            let announcements = try addresses.enumerated().map { try announcement(cluster, "crowd-\($0)", at: $1) }
            try await whileAnswering(cluster, expected) {
                let refusals = try await cluster.withControl { await $0.refusals(of: announcements) }
                #expect(refusals == [])
                try await eventually("all that work are replicas", within: .seconds(30)) {
                    let begin = ContinuousClock.now
                    #expect(try await cluster.plan().attention.members.count == 51)
                    #expect(begin.duration(to: .now) < .seconds(5))
                    return try (0 ..< 50).allSatisfy { try $0 % 2 == 1 || isFormed("crowd-\($0)", cluster) }
                }
            }
        }
        let after = try await answers(try await calmCluster())
        #expect(after == expected)
        let more = try await cluster.metric("process_resident_anonymous_memory_bytes", of: "router") - memory
        #expect(more < Double(256 << 20), "the router has \(more) bytes more than before")
    }
}

extension RESTCluster.Setup {
    /// One attention service, and a router that loses patience soon.
    fileprivate static let oneHonestService = RESTCluster.Setup(
        expertHosts: 1,
        router: ["--host-silence-seconds", "2", "--host-wait-seconds", "10", "--call-timeout-seconds", "2"],
        attention: ["--memory-max-mib", "128"])
}
