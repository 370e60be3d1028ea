import Foundation
import JSON
import Testing

@testable import Checkpoint
@testable import Router

/// Bit rot, mixed-up files and zeros on one machine: names, shapes and sizes are right, and the bytes are not. Nobody
/// ever gets wrong text from them.
@Suite("Damaged weights", .serialized, .inTurn, .cluster()) struct DamagedWeightsTests {
    private static let question = "Once upon a time"

    private func answer(_ cluster: RESTCluster) async throws -> JSONValue {
        let more: [JSONValue.Member] = [.init("logprobs", 3), .init("ignore_eos", true)]
        let reply = try await cluster.complete(.string(Self.question), maxTokens: 12, more)
        guard reply.status == 200 else { throw SupportError("\(reply.status): \(reply.json.text())") }
        return reply.json.withoutIdentity
    }

    /// What a router compares with: digests that lie beside its checkpoint, or its own copy.
    enum Truth: CaseIterable, Sendable { case recorded, ownCopy }

    /// A cluster of the demo model, with digests beside it or without.
    private func with(
        _ truth: Truth, router: [String] = [], body: (RESTCluster, _ folder: String) async throws -> Void
    ) async throws {
        try await Paths.withFolder { folder in
            let model = try truth == .recorded ? Paths.demo : DamagedCheckpoint.copy(in: folder, "router")
            let setup = RESTCluster.Setup(model: model, expertHosts: 2, router: router)
            try await RESTCluster.with(setup, starts: .nothing) { try await body($0, folder) }
        }
    }

    private func isReady(_ cluster: RESTCluster) async throws {
        try await eventually("the cluster is ready without the damaged host") { try await cluster.isReady() }
    }

    @Test(
        "a host with a damaged copy is named and left out, and the answers are those of a healthy cluster",
        arguments: DamagedCheckpoint.allCases, Truth.allCases)
    func oneHost(damage: DamagedCheckpoint, truth: Truth) async throws {
        let expected = try await answer(suiteCluster())
        // Two copies: each host is to hold everything, and so whatever is damaged.
        try await with(truth, router: ["--copies", "2"]) { cluster, folder in
            try cluster.startAttention()
            try cluster.startExpertHost(1)
            try cluster.startExpertHost("expert-2", model: damage.make(in: folder))
            try cluster.startRouter()
            let host = try cluster.process("expert-2")
            try await eventually("the damaged host gives up") { !host.isRunning }
            #expect(host.exitStatus == 1)
            #expect(host.log.contains("refuses this host: expert host expert-2 holds damaged or foreign weights: "))
            #expect(host.log.contains(damage.names))
            try await isReady(cluster)
            #expect(try await answer(cluster) == expected)
            let log = try cluster.process("router").log
            let complaints = log.split(separator: "\n").filter { $0.contains("damaged weights") }
            #expect(complaints.count == 1, "\(log)")
            #expect(complaints.allSatisfy { $0.contains("host=expert-2") && $0.contains(damage.names) }, "\(log)")
        }
    }

    @Test("a healthy host that comes back with a damaged copy is not used again")
    func comesBack() async throws {
        let expected = try await answer(suiteCluster())
        try await with(.recorded) { cluster, folder in
            try await cluster.startEverything()
            #expect(try await answer(cluster) == expected)
            try cluster.process("expert-2").signal(SIGKILL)
            try cluster.startExpertHost("expert-2", model: DamagedCheckpoint.zeroExperts.make(in: folder))
            let host = try cluster.process("expert-2")
            while host.isRunning { #expect(try await answer(cluster) == expected) }
            #expect(host.log.contains("damaged or foreign weights"))
            #expect(try await answer(cluster) == expected)
        }
    }

    @Test(
        "where every host is damaged, requests get 503 and the reason; one good host, and they are answered",
        arguments: Truth.allCases)
    func everyHost(truth: Truth) async throws {
        let expected = try await answer(suiteCluster())
        try await with(truth) { cluster, folder in
            let damaged = try DamagedCheckpoint.zeroExperts.make(in: folder)
            try cluster.startAttention()
            for name in ["expert-1", "expert-2"] { try cluster.startExpertHost(name, model: damaged) }
            try cluster.startRouter()
            for name in ["expert-1", "expert-2"] {
                let host = try cluster.process(name)
                try await eventually("\(name) gives up") { !host.isRunning }
            }
            let reply = try await cluster.chat(Self.question)
            #expect(reply.status == 503)
            #expect(reply.errorMessage.contains("damaged or foreign weights"), "\(reply.errorMessage)")
            #expect(reply.errorMessage.contains(".safetensors: tensor model.layers."))
            try cluster.startExpertHost("expert-3")
            try await isReady(cluster)
            #expect(try await answer(cluster) == expected)
        }
    }

    @Test(
        "an attention service with a damaged copy never answers; file and tensor are named, and another one is welcome",
        arguments: [
            ("model.embed_tokens.weight", Truth.recorded), ("lm_head.weight", .ownCopy),
            ("model.layers.2.self_attn.qkv_proj.weight", .ownCopy),
            ("model.layers.15.self_attn.o_proj.weight", .recorded),
            ("model.layers.4.block_sparse_moe.gate.weight", .ownCopy),
            ("model.layers.9.input_layernorm.weight", .ownCopy),
        ])
    func attention(tensor: String, truth: Truth) async throws {
        try await with(truth) { cluster, folder in
            let damaged = try DamagedCheckpoint.copy(in: folder, "damaged")
            try DamagedCheckpoint.flipBit(of: tensor, in: damaged)
            try cluster.startAttention(model: damaged)
            try cluster.startExpertHost(1)
            try cluster.startExpertHost(2)
            try cluster.startRouter()
            let attention = try cluster.process("attention"), router = try cluster.process("router")
            try await eventually("the attention service gives up") {
                if let reply = try? await cluster.chat(Self.question) { #expect(reply.status == 503) }
                return !attention.isRunning
            }
            #expect(attention.exitStatus == 1)
            for log in [attention.log, router.log] {
                #expect(
                    log.contains("holds damaged or foreign weights: ")
                        && log.contains(".safetensors: tensor \(tensor) "))
            }
            try cluster.startAttention("attention-2")
            try await isReady(cluster)
            #expect(try await cluster.chat(Self.question).status == 200)
        }
    }

    @Test(
        "a router whose own weights are not what the digests beside them say does not start",
        arguments: [
            "model.layers.4.block_sparse_moe.gate.weight", "model.norm.weight",
        ])
    func router(tensor: String) async throws {
        try await Paths.withFolder { folder in
            let damaged = try DamagedCheckpoint.copy(in: folder, "damaged", digests: true)
            try DamagedCheckpoint.flipBit(of: tensor, in: damaged)
            let flags = ["--control", "unix:\(folder)/c.sock", "--port", "0"]
            let router = try ServiceProcess("router", ["--model", damaged] + flags, folder: folder)
            try await eventually("the router gives up") { !router.isRunning }
            #expect(router.exitStatus == 1)
            #expect(router.log.contains("tensor \(tensor) is not what weights.digests says"), "\(router.log)")
        }
    }

    @Test("minimax digest writes what --check finds right; once bits have flipped, --check names the tensors")
    func command() async throws {
        try await Paths.withFolder { folder in
            let minimax = try Paths.program("minimax").path, model = try DamagedCheckpoint.copy(in: folder, "model")
            let nothing = try await Tool.run(minimax, ["digest", "--check", model])
            #expect(nothing.status == 1)
            #expect(nothing.output.contains("has no weights.digests to compare with"), "\(nothing.output)")
            let made = try await Tool.run(minimax, ["digest", model])
            #expect(made.status == 0 && made.output.contains("wrote \(model)/weights.digests"), "\(made.output)")
            let (fresh, shipped) = ("\(model)/weights.digests", "\(Paths.demo)/weights.digests")
            #expect(FileManager.default.contentsEqual(atPath: fresh, andPath: shipped))
            let right = try await Tool.run(minimax, ["digest", "--check", model])
            #expect(right.status == 0, "\(right.output)")
            let tensors = ["model.layers.3.block_sparse_moe.experts.5.w2.weight", "lm_head.weight"]
            for tensor in tensors { try DamagedCheckpoint.flipBit(of: tensor, in: model) }
            let wrong = try await Tool.run(minimax, ["digest", "--check", model])
            #expect(wrong.status == 1)
            for tensor in tensors { #expect(wrong.output.contains("tensor \(tensor) is not what"), "\(wrong.output)") }
        }
    }
}
