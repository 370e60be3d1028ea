import AdminMessages
import Foundation
import JSON
import Testing

@testable import ClusterClient
@testable import Router
@testable import Transport

/// The attention service dies, freezes or comes back under running answers, whose states are computed again.
@Suite("Loss of attention", .serialized, .inTurn) struct AttentionLossTests {
    private static let bodies =
        ["Once upon a time", "The password of the old bridge is"].map {
            RESTCluster.completionBody(
                .string($0), maxTokens: 150, [.init("ignore_eos", true), .init("logprobs", 2), .init("seed", 7)])
        } + [
            RESTCluster.completionBody(
                "Tell me", maxTokens: 150,
                [.init("ignore_eos", true), .init("logprobs", 2), .init("seed", 7), .init("temperature", 1)])
        ]

    /// The streams that come when `harm` is done to a cluster as soon as every one of them has begun, compared with
    /// undisturbed ones.
    ///
    /// - Parameter loses: whether some sequence is computed again.
    private func compare(
        _ flags: [String] = [], attentionHosts: Int = 1, loses: Bool = true,
        _ harm: @escaping @Sendable (RESTCluster) async throws -> Void
    ) async throws {
        try await RESTCluster.with(.init(attentionHosts: attentionHosts, router: flags)) { cluster in
            var undisturbed: [Transcript] = []
            for body in Self.bodies {
                undisturbed.append(Transcript(try await cluster.stream(RESTCluster.completionsPath, body)))
            }
            let begun = Progress()
            let disturbed = try await withThrowingTaskGroup(of: (Int, Transcript).self) { tasks in
                for (index, body) in Self.bodies.enumerated() {
                    tasks.addTask {
                        let stream = try await cluster.stream(RESTCluster.completionsPath, body) { stream in
                            if stream.events.count == 20 + 10 * index { begun.token() }
                            return false
                        }
                        return (index, Transcript(stream))
                    }
                }
                try await eventually("all streams run") { begun.tokens >= Self.bodies.count }
                try await harm(cluster)
                return try await tasks.reduce(into: [Int: Transcript]()) { $0[$1.0] = $1.1 }
            }
            for (index, expected) in undisturbed.enumerated() {
                let difference = disturbed[index]?.difference(from: expected)
                #expect(difference == nil, "stream \(index)")
            }
            let recoveries = try await cluster.metric("minimax_sequence_recoveries_total", of: "router")
            #expect(!loses || recoveries > 0, "nothing was disturbed")
        }
    }

    @Test(
        """
        attention killed in mid-answer: probes and new requests hear it, and when it is back the streams go on with \
        the same bytes
        """
    )
    func killed() async throws {
        try await compare(["--admit-wait-seconds", "0"]) { cluster in
            try cluster.process("attention").signal(SIGKILL)
            try await eventually("the front says that attention is gone") {
                let reply = try await cluster.get("/health")
                return reply.status == 503 && reply.json["message"]?.text?.contains("attention") == true
            }
            let refused = try await cluster.chat("Who are you?")
            #expect(refused.status == 503 && refused.errorMessage.contains("attention"))
            try cluster.startAttention()
        }
    }

    @Test(
        """
        attention that is frozen for longer than the silence allowed is told, and the streams go on with the same \
        bytes
        """
    )
    func frozen() async throws {
        try await compare(["--host-silence-seconds", "1"]) { cluster in
            try cluster.process("attention").signal(SIGSTOP)
            try await eventually("the front says that attention is gone") {
                try await cluster.get("/health").status == 503
            }
            try cluster.process("attention").signal(SIGCONT)
        }
    }

    @Test("attention killed twice in a row costs no byte either")
    func killedTwice() async throws {
        try await compare { cluster in
            for _ in 0 ..< 2 {
                try cluster.process("attention").signal(SIGKILL)
                try await eventually("the front says that attention is gone") {
                    try await cluster.get("/health").status == 503
                }
                try cluster.startAttention()
                try await cluster.waitUntilReady()
            }
        }
    }

    @Test("one of two replicas killed in mid-answer: its streams go on with the other one, which is not disturbed")
    func oneOfTwo() async throws {
        try await compare(attentionHosts: 2) { cluster in
            try cluster.process("attention-2").signal(SIGKILL)
            #expect(try await cluster.chat("Who are you?").status == 200)
        }
    }

    @Test("one of two replicas frozen: its streams go on with the other one")
    func frozenOfTwo() async throws {
        try await compare(["--host-silence-seconds", "1"], attentionHosts: 2) { cluster in
            let frozen = try cluster.process("attention-2")
            frozen.signal(SIGSTOP)
            try await eventually("the router knows one service") {
                try await cluster.plan().attention.replicas == 1
            }
            frozen.signal(SIGCONT)
        }
    }

    @Test("one of two replicas told to stop hands its sequences over and exits with status 0")
    func stopped() async throws {
        try await compare(attentionHosts: 2, loses: false) { cluster in
            let process = try cluster.process("attention-2")
            process.signal(SIGTERM)
            await process.waitForExit()
            #expect(process.exitStatus == 0 && !process.log.contains("still needs this process"), "\(process.log)")
            #expect(try await cluster.metric("minimax_sequence_recoveries_total", of: "router") == 0)
        }
    }

    @Test("one of two parts killed: the streams go on when it is back, or attention is cut otherwise")
    func onePart() async throws {
        try await compare(["--attention-parts", "2"], attentionHosts: 2) { cluster in
            try cluster.process("attention").signal(SIGKILL)
            try await eventually("the front says that attention is gone") {
                try await cluster.get("/health").status == 503
            }
            try cluster.startAttention()
            try await cluster.waitUntilReady()
            _ = try await cluster.change(PlanChange(attentionParts: .fixed(1)))
            try await eventually("there are two replicas") { try await cluster.plan().attention.replicas == 2 }
        }
    }

    @Test("where attention does not come back, answers end with a clear error after their time, streamed or not")
    func gone() async throws {
        try await RESTCluster.with(.init(router: ["--host-wait-seconds", "2"])) { cluster in
            let body = FailureTests.longBody
            async let whole = cluster.post(RESTCluster.chatPath, body)
            let stream = try await cluster.stream(RESTCluster.chatPath, body) { stream in
                if stream.events.count == 3 { try cluster.process("attention").signal(SIGKILL) }
                return false
            }
            #expect(!stream.isDone)
            #expect(stream.events.last?["error"]?["code"] == "service_unavailable")
            #expect(
                stream.events.last?["error"]?["message"]?.text?.contains("attention") == true,
                "\(stream.events.last?.text() ?? "")")
            let reply = try await whole
            #expect(reply.status == 503 && reply.errorMessage.contains("attention"))
            try cluster.startAttention()
            try await cluster.waitUntilReady()
            #expect(try await cluster.chat("Who are you?").status == 200)
        }
    }

    @Test(
        """
        two routers share one attention service: neither ends the other's answers, and what one of them leaves behind \
        is closed
        """
    )
    func twoRouters() async throws {
        try await RESTCluster.with(starts: .nothing) { first in
            let routers = "\(first.controlAddress),unix:\(first.folder)/second.sock"
            try first.startAttention("attention", ["--router", routers])
            for index in 1 ... 2 { try first.startExpertHost(index) }
            try first.startRouter()
            try await first.waitUntilReady()
            let undisturbed = Transcript(try await first.stream(RESTCluster.completionsPath, Self.bodies[0]))
            let stream = try await first.stream(RESTCluster.completionsPath, Self.bodies[0]) { stream in
                guard stream.events.count == 10 else { return false }
                // Both number their sequences from 1.
                let folder = first.folder, port = try await TestPort.free()
                let second = try ServiceProcess(
                    "router",
                    [
                        "--model", first.setup.model, "--model-name", "demo", "--control",
                        "unix:\(folder)/second.sock",
                        "--expert-hosts", "1", "--port", "\(port)", "--admin", "unix:\(folder)/second.admin",
                    ], name: "second", folder: folder)
                let host = try ServiceProcess(
                    "expert-host",
                    [
                        "--model", first.setup.model, "--listen", "unix:\(folder)/second-host.sock", "--router",
                        "unix:\(folder)/second.sock", "--name", "other",
                        "--read-bandwidth-mib", "1024", "--threads", "1",
                    ], name: "second-host", folder: folder)
                let rest = RESTClient(.tcp(host: "127.0.0.1", port: port))
                try await eventually("the second router serves") { (try? await rest.get("/health").status) == 200 }
                let answer = try await rest.post(RESTCluster.completionsPath, json: Array(Self.bodies[0].text().utf8))
                #expect(try JSONReader.read(answer.body)["choices"]?[0]?["text"]?.text == undisturbed.text)
                let abandoned = Task {
                    try await rest.post(RESTCluster.chatPath, json: Array(FailureTests.longBody.text().utf8))
                }
                try await eventually("the second router works") {
                    try await first.metric("minimax_num_requests_running", of: "second") > 0
                }
                second.signal(SIGKILL)
                _ = await abandoned.result
                await second.stop()
                await host.stop()
                return false
            }
            #expect(Transcript(stream).difference(from: undisturbed) == nil)
            try await eventually("the second router's sequence is closed", within: .seconds(60)) {
                try await first.metric("minimax_attention_sequences", of: "attention") == 0
            }
        }
    }
}
