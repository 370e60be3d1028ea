import AdminMessages
import Checkpoint
import Foundation
import JSON
import Messages
import Tensors
import TestSupport
import Testing

@testable import ClusterClient
@testable import Router
@testable import Transport

/// Keys and values in bf16, over real processes: another model, as it were, about which the equality promise holds as
/// ever.
@Suite("Keys and values in bf16", .serialized, .inTurn) struct KeyValueFormatTests {
    private static let flags = ["--kv", "bf16"]
    private static let prompt = PrefixPrompts.ids(300, seed: 31)

    private static func setup(
        attentionHosts: Int = 1, router: [String] = [], attention: [String] = []
    )
        -> RESTCluster.Setup
    {
        RESTCluster.Setup(
            expertHosts: 1, attentionHosts: attentionHosts, router: router + flags, attention: attention + flags)
    }

    @Test("1 and 2 parts, 1 and 2 expert hosts and any chunks give the same bytes, which are not those of f32")
    func logits() async throws {
        let prompt = EqualityTests.prompt
        func logits(_ shape: ModelCluster.Shape, _ flags: [String] = ["--threads", "1"]) async throws -> [[UInt32]] {
            try await ModelCluster.with(Paths.demo, shape, flags: flags) { cluster in
                let single = try await cluster.logits(prompt, chunks: [Int](repeating: 1, count: prompt.count))
                var random = SplitMix64(seed: 4)
                for chunks in [[prompt.count]] + (0 ..< 3).map({ _ in randomChunks(of: prompt.count, &random) }) {
                    var end = 0
                    for (count, logits) in zip(chunks, try await cluster.logits(prompt, chunks: chunks)) {
                        end += count
                        #expect(logits.bits == single[end - 1].bits, "\(shape), chunks \(chunks), after token \(end)")
                    }
                }
                return single.map(\.bits)
            }
        }
        let one = try await logits(.init(expertHosts: 1, keyValues: .bfloat16))
        #expect(try await logits(.init(expertHosts: 2, parts: 2, keyValues: .bfloat16)) == one)
        for (index, kernels) in Kernels.supported.enumerated() {
            let flags = ["--kernels", kernels.name, "--threads", "\(index + 1)"]
            let found = try await ModelCluster.with(
                Paths.demo, .init(expertHosts: 1, keyValues: .bfloat16), flags: flags
            ) {
                try await $0.logits(prompt, chunks: [200, 1, prompt.count - 201])[1].bits
            }
            #expect(found == one[200], "\(kernels.name)")
        }
        #expect(try await logits(.init(expertHosts: 1)).last != one.last)
    }

    @Test("what resumes from a prefix, from a file of another cluster or of other parts goes on as if it never ended")
    func resumption() async throws {
        try await RESTCluster.with(Self.setup(router: ["--api-keys", "a,b"])) { here in
            let mine = SnapshotClient(cluster: here, key: "a"), id = try await mine.create(Self.prompt)
            _ = try await mine.store(id)
            let file = try await mine.download(id).body
            let undisturbed = try await mine.transcript(of: id)
            #expect(undisturbed.cached == 299)
            let other = SnapshotClient(cluster: here, key: "b")
            let again = try await other.create(Array(Self.prompt.prefix(190)))
            _ = try await other.transcript(of: again)
            let resumed = try await other.transcript(of: other.create(Self.prompt))
            #expect(resumed.transcript.difference(from: undisturbed.transcript) == nil)
            #expect(resumed.cached > 100)
            let two = Self.setup(attentionHosts: 2, router: ["--attention-parts", "2", "--attention-hosts", "2"])
            try await RESTCluster.with(two) { there in
                let theirs = SnapshotClient(cluster: there), restored = try await theirs.restore(file)
                let found = try await theirs.transcript(of: restored)
                #expect(found.transcript.difference(from: undisturbed.transcript) == nil && found.cached == 299)
                let cold = try await there.transcript(of: Self.prompt, salt: "cold")
                #expect(cold.transcript.difference(from: undisturbed.transcript) == nil)
            }
        }
    }

    @Test("a sequence that is parked on disk and resumed goes on the same, and takes half the memory for its pages")
    func parked() async throws {
        let prompt: [UInt32] = (0 ..< 200).map { (index: UInt32) in (index * 41 + 3) % 90 }
        let shape = ModelCluster.Shape(keyValues: .bfloat16), chunks = [1, 62, 1, 64, 72]
        try await ModelCluster.with(Paths.fixture("mixed-original").path, shape) { cluster in
            let alone = try await cluster.logits(prompt, chunks: chunks).map(\.bits)
            let attention = try cluster.attention, config = cluster.config
            let halved =
                config.stateSize.fixedBytes
                + (config.stateBytes(tokensMax: prompt.count) - config.stateSize.fixedBytes) / 2
            var length = 0, pieces = chunks[...]
            let parked = try await cluster.logits(prompt, chunks: chunks) { sequence async throws in
                defer { length += pieces.removeFirst() }
                guard length > 0 else { return }
                let state = StateID.random()
                try await attention.keepParked(sequence, as: state)
                try await attention.store(state, leavesMemory: true)
                let bytes = try await attention.open(
                    sequence, tokensMax: prompt.count, from: state, length: length, consumes: true)
                #expect(bytes == halved && halved < config.stateBytes(tokensMax: prompt.count))
            }
            #expect(parked.map(\.bits) == alone)
        }
    }

    @Test("a service of the other format is refused by name and never computes, whichever format the router has")
    func mixes() async throws {
        for (own, other) in [("f32", "bf16"), ("bf16", "f32")] {
            let setup = RESTCluster.Setup(expertHosts: 1, router: ["--kv", own], attention: ["--kv", own])
            try await RESTCluster.with(setup) { cluster in
                try cluster.startAttention("mixed", ["--kv", other])
                let process = try cluster.process("mixed")
                await process.waitForExit()
                #expect(process.exitStatus == 1)
                let names = ["f32": "exact", "bf16": "exact+kv-bf16"]
                let sentence =
                    "the router's arithmetic is \(names[own]!), that of attention service mixed \(names[other]!): "
                    + "they must be the same"
                #expect(process.log.contains(sentence), "\(process.log)")
                #expect(try cluster.process("router").log.contains(sentence))
                #expect(try await cluster.plan().attention.replicas == 1)
                #expect(try await cluster.chat("Who are you?").status == 200)
            }
        }
    }

    @Test("a file of the other format is refused by name, and so is one on disk when a service starts again")
    func foreignFiles() async throws {
        try await Paths.withFolder { folder in
            let exact = RESTCluster.Setup(expertHosts: 1, attention: ["--states-folder", "\(folder)/states"])
            func file(_ cluster: RESTCluster, _ tokens: [Int]) async throws -> [UInt8] {
                let client = SnapshotClient(cluster: cluster), id = try await client.create(tokens)
                _ = try await client.store(id)
                return try await client.download(id).body
            }
            func requireRefusal(_ answer: RESTClient.Answer, _ words: String) {
                #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
            }
            let plain = try await RESTCluster.with(exact) { try await file($0, Self.prompt) }
            let rounded = Self.setup(attention: ["--states-folder", "\(folder)/states"])
            let half = try await RESTCluster.with(rounded) { cluster in
                requireRefusal(
                    try await SnapshotClient(cluster: cluster).upload(plain),
                    "expected exact+kv-bf16, as this service computes, found exact")
                #expect(try cluster.process("attention").log.contains("expected exact+kv-bf16"))
                #expect(try await cluster.metric("minimax_attention_states_kept", of: "attention") == 0)
                let answer = try await cluster.complete(.ids(Self.prompt), maxTokens: 1)
                let cached = answer.json["usage"]?["prompt_tokens_details"]?["cached_tokens"]
                #expect(cached == 0, "what was found on disk is not used")
                return try await file(cluster, Self.prompt)
            }
            #expect(half.count < plain.count)
            try await RESTCluster.with(exact) { cluster in
                requireRefusal(
                    try await SnapshotClient(cluster: cluster).upload(half),
                    "expected exact, as this service computes, found exact+kv-bf16")
            }
        }
    }
}
