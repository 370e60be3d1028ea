import ArgumentParser
import Checkpoint
import Foundation
import JSON
import Tensors
import Testing

@testable import CommandLineTool

@Suite("Quantize") struct QuantizeTests {
    private func quantize(
        _ source: String, to quantization: ModelConfig.Quantization, _ folder: TemporaryFolder, _ arguments: String...
    ) async throws {
        try await QuantizeCommand.parse([source, "--to", quantization.rawValue, "--out", folder.path] + arguments).run()
    }

    /// Every matrix of a layer that quantization replaces, and those that it leaves.
    private func matrices(_ files: WeightFiles) throws -> (quantized: [WeightMatrix], kept: [WeightMatrix]) {
        var quantized: [WeightMatrix] = [], kept = [try files.embedding(), try files.finalNorm()]
        for layer in files.config.layers.indices {
            switch files.config.layers[layer] {
            case .lightning:
                let weights = try files.lightning(layer)
                quantized += [weights.qkv, weights.outputGate, weights.out]
                kept.append(weights.norm)
            case .softmax:
                let weights = try files.softmax(layer)
                quantized += [weights.q, weights.k, weights.v, weights.o]
            }
            for index in 0 ..< files.config.expertCount {
                let expert = try files.expert(layer, index)
                quantized += [expert.w1, expert.w2, expert.w3]
            }
            if let shared = try files.sharedExpert(layer) {
                quantized += [shared.gateProj, shared.upProj, shared.downProj]
                kept.append(shared.coefficient)
            }
            let norms = try files.layerNorms(layer)
            kept += [norms.input, norms.postAttention, try files.gate(layer)]
        }
        return (quantized, kept)
    }

    private func isEqual(_ a: WeightMatrix, _ b: WeightMatrix) -> Bool {
        a.elementType == b.elementType && zip(a.floats(), b.floats()).allSatisfy { $0.bitPattern == $1.bitPattern }
            && a.rows == b.rows && a.columns == b.columns
    }

    @Test(
        """
        every matrix comes back within half a step, everything else as it was: both layouts, fused and shared experts, \
        several shards, f32 beside bf16
        """,
        arguments: [
            "mixed-original", "all-softmax-fused", "all-lightning", "shared-expert", "shared-expert-list", "odd-sizes",
            "one-layer",
        ], ModelConfig.Quantization.allCases)
    func values(name: String, quantization: ModelConfig.Quantization) async throws {
        try await TemporaryFolder.with { folder in
            try await quantize(Repository.fixture(name), to: quantization, folder)
            let before = try WeightFiles(directory: Repository.fixture(name))
            let after = try WeightFiles(directory: folder.path)
            #expect(after.config.quantization == quantization && after.unusedTensors == before.unusedTensors)
            let (old, new) = (try matrices(before), try matrices(after))
            for (a, b) in zip(old.kept, new.kept) { #expect(isEqual(a, b)) }
            let type: ElementType = quantization == .int8 ? .int8 : .int4
            for (a, b) in zip(old.quantized, new.quantized) { check(a, b, type) }
            check(try before.head(), try after.head(), .int8)
        }
    }

    private func check(_ old: WeightMatrix, _ new: WeightMatrix, _ type: ElementType) {
        #expect(new.elementType == type && new.rows == old.rows && new.columns == old.columns)
        for row in 0 ..< old.rows {
            let (a, b) = (old.rows(row ..< row + 1).floats(), new.rows(row ..< row + 1).floats())
            for start in stride(from: 0, to: a.count, by: type == .int8 ? 64 : 32) {
                let group = start ..< min(start + (type == .int8 ? 64 : 32), a.count)
                let largest = a[group].map(abs).max() ?? 0
                // Half a step; int4 lacks one end, where it is a whole one. A rounded scale adds 2^-11 of the weight,
                // or half the smallest float16.
                let bound = (type == .int8 ? largest / 254 : largest / 8) + largest / 2048 + 127 * 0x1p-25
                #expect(group.allSatisfy { abs(a[$0] - b[$0]) <= bound })
            }
        }
    }

    @Test("the folder has the tokenizer, the settings, and a config that differs in one field")
    func companions() async throws {
        try await TemporaryFolder.with { folder in
            try await quantize(Repository.demo.path, to: .int4, folder)
            for name in [
                "tokenizer.json", "tokenizer_config.json", "generation_config.json", "special_tokens_map.json",
                "vocab.json", "merges.txt",
            ] {
                #expect(try folder.bytes(name) == Array(Data(contentsOf: Repository.demo.appending(path: name))))
            }
            guard case .object(var members) = try JSONReader.read(folder.bytes("config.json")) else { return }
            let quantization: JSONValue = ["quant_method": "minimax-cluster", "bits": 4, "group_size": 32]
            #expect(members.removeLast() == .init(name: "quantization_config", value: quantization))
            let source = try JSONReader.read(Array(Data(contentsOf: Repository.demo.appending(path: "config.json"))))
            #expect(.object(members) == source)
            #expect(folder.names?.contains("README.md") == false)
        }
    }

    @Test("the bytes are the same on any number of threads")
    func threads() async throws {
        try await TemporaryFolder.with { one in
            try await TemporaryFolder.with { other in
                try await quantize(Repository.demo.path, to: .int8, one, "--threads", "1")
                try await quantize(Repository.demo.path, to: .int8, other, "--threads", "5")
                for name in try #require(one.names) { #expect(try one.bytes(name) == other.bytes(name), "\(name)") }
            }
        }
    }

    @Test("matrix and scales share a file, however small files are")
    func shards() throws {
        let plan = try QuantizationPlan(
            WeightFiles(directory: Repository.demo.path).parts(), to: .int8, shardByteCountMax: 100_000)
        #expect(plan.shards.shards.count > 20)
        for (shard, steps) in zip(plan.shards.shards, plan.steps) {
            #expect(steps.reduce(0) { $0 + $1.tensorCount } == shard.tensors.count)
            let names = Set(shard.tensors.map(\.name))
            for tensor in shard.tensors where tensor.elementType == "I8" {
                #expect(names.contains("\(tensor.name).scales"))
            }
        }
    }

    @Test("an output projection that is the embedding stays with it")
    func tied() async throws {
        try await TemporaryFolder.with { source in
            try await SynthCommand.parse(
                ["--scale", "64", "--layers", "1", "--vocabulary", "264", "--out", source.path]).run()
            let config = String(decoding: try source.bytes("config.json"), as: UTF8.self)
            try FileManager.default.removeItem(atPath: "\(source.path)/config.json")
            try source.write(
                "config.json",
                config.replacing("\"tie_word_embeddings\": false", with: "\"tie_word_embeddings\": true"))
            try await TemporaryFolder.with { folder in
                try await quantize(source.path, to: .int4, folder)
                let files = try WeightFiles(directory: folder.path)
                #expect(
                    try files.head().elementType == .bfloat16 && files.embedding().elementType == .bfloat16
                        && files.softmax(0).q.elementType == .int4)
                // Copied, like everything that nobody asked for.
                #expect(files.unusedTensors == ["lm_head.weight"])
            }
        }
    }

    private func refusal(_ source: String, _ folder: TemporaryFolder) async -> String? {
        do { try await quantize(source, to: .int8, folder) } catch { return "\(error)" }
        return nil
    }

    @Test(
        """
        a checkpoint that is quantized already, is none, or an --out that holds something is refused, and nothing is \
        left behind
        """)
    func refused() async throws {
        try await TemporaryFolder.with { folder in
            try await quantize(Repository.fixture("one-layer"), to: .int4, folder)
            #expect(
                await refusal(Repository.demo.path, folder)
                    == "--out \(folder.path) must be a new or empty folder; it holds config.json")
            await TemporaryFolder.with { other in
                #expect(
                    await refusal(folder.path, other)
                        == "\(folder.path) is quantized to int4 already; give the checkpoint that it was made from")
                #expect(
                    await refusal("/no/such", other) == "/no/such: /no/such cannot be read: there is no such folder")
                #expect(other.names == nil)
            }
        }
    }

    @Test("a weight that is not finite is refused by its tensor's name, and nothing is left behind")
    func notFinite() async throws {
        try await TemporaryFolder.with { source in
            try await SynthCommand.parse(
                ["--scale", "64", "--layers", "1", "--vocabulary", "264", "--out", source.path]).run()
            // The last bytes of the file are those of the output projection, a bf16 infinity now.
            let shard = URL(filePath: source.path).appending(path: "model-00001-of-00001.safetensors")
            var bytes = try Data(contentsOf: shard)
            bytes[bytes.count - 2] = 0x80
            bytes[bytes.count - 1] = 0x7F
            try bytes.write(to: shard)
            try await TemporaryFolder.with { folder in
                let complaint = try #require(await refusal(source.path, folder))
                #expect(
                    complaint.hasPrefix("tensor lm_head.weight, rows ")
                        && complaint.hasSuffix("263: a weight is not finite, or too large for a float16 scale"))
                #expect(folder.names == nil)
            }
        }
    }

    @Test("a tensor that has the name of new scales is refused")
    func collision() throws {
        let files = try WeightFiles(directory: Repository.fixture("one-layer"))
        let parts = try files.parts()
        #expect(throws: (any Error).self) { try QuantizationPlan(parts + parts, to: .int8) }
    }

    @Test("a report of a quantized checkpoint tells its kind and its bytes")
    func inspect() async throws {
        try await TemporaryFolder.with { folder in
            try await quantize(Repository.demo.path, to: .int8, folder)
            let config = try ModelConfig(contentsOf: folder.path)
            let weights = InspectCommand.weightFiles(in: folder.path)
            let files = try WeightFiles(directory: folder.path)
            let report = CheckpointReport(config, hostCounts: [1], weights: weights)
            let line = "weights             16.6 MiB in int8, experts 7.0 MiB; 16.7 MiB in 1 file"
            #expect(report.text(title: "x").contains(line))
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
            #expect(object["weight_type"] as? String == "int8" && object["bytes"] as? Int == files.byteCount)
        }
    }

    @Test("it ends with what it cost and what to do next")
    func summary() {
        let plan = ShardPlan([NewTensor(name: "a", elementType: "U8", shape: [1000])])
        #expect(
            QuantizeCommand.summary(of: plan, before: 2256, folder: "b", original: "a c", seconds: 2) == """
                Wrote b in 2.0 s: 1.1 KiB in 1 file, 50 % of 2.2 KiB.

                  minimax up --model b
                  minimax quality 'a c' b --text FILE
                """)
    }
}
