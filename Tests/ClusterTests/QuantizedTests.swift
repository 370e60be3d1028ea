import Foundation
import JSON
import Messages
import Tensors
import Testing

@testable import Checkpoint
@testable import Router

/// Quantized checkpoints through separate processes.
@Suite("Quantized checkpoints", .serialized, .inTurn) struct QuantizedTests {
    static let names = ["mixed-original", "all-softmax-fused", "shared-expert", "odd-sizes"]

    private func quantize(_ source: String, to quantization: ModelConfig.Quantization, _ folder: String) async throws {
        let result = try await Tool.run(
            Paths.program("minimax").path, ["quantize", source, "--to", quantization.rawValue, "--out", folder])
        guard result.status == 0 else { throw SupportError(result.output) }
    }

    /// The same weights as float32: the products of numbers and scales, which float32 holds exactly.
    private func spellOut(_ quantized: String, _ folder: String) throws {
        let source = try WeightFiles(directory: quantized)
        let parts = try source.parts()
        let plan = ShardPlan(
            parts.compactMap { part in
                switch part {
                case .matrix(let tensor, _, _): NewTensor(name: tensor.name, elementType: "F32", shape: tensor.shape)
                case .other(let stored): stored.tensor.name.hasSuffix(".scales") ? nil : stored.tensor
                }
            })
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = try SafetensorsWriter(plan.shards[0], in: folder)
        let places = Dictionary(uniqueKeysWithValues: plan.shards[0].tensors.enumerated().map { ($1.name, $0) })
        for part in parts {
            switch part {
            case .matrix(let tensor, let matrix, _):
                try matrix.floats().withUnsafeBytes { try file.write($0, tensor: places[tensor.name]!, at: 0) }
            case .other(let stored):
                guard let place = places[stored.tensor.name] else { continue }
                try stored.withBytes(0 ..< stored.tensor.byteCount) { try file.write($0, tensor: place, at: 0) }
            }
        }
        try file.finish()
        try Data(plan.index.bytes).write(to: URL(filePath: folder).appending(path: plan.index.file))
        let config =
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(filePath: quantized).appending(path: "config.json"))) as? [String: Any]
        let rest = (config ?? [:]).filter { $0.key != "quantization_config" }
        try JSONSerialization.data(withJSONObject: rest).write(to: URL(filePath: folder).appending(path: "config.json"))
    }

    @Test(
        "exact arithmetic gives the bytes that it gives on the same weights spelled out in float32", arguments: names,
        ModelConfig.Quantization.allCases)
    func equality(name: String, quantization: ModelConfig.Quantization) async throws {
        struct Expected: Decodable { let ids: [UInt32] }
        let fixture = Paths.fixture(name)
        let ids = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: fixture.appending(path: "expected.json"))
        ).ids
        try await Paths.withFolder { folder in
            try await quantize(fixture.path, to: quantization, "\(folder)/quantized")
            try spellOut("\(folder)/quantized", "\(folder)/float32")
            let logits = try await ModelCluster.with("\(folder)/quantized") {
                try await $0.logits(ids, chunks: [ids.count / 2, ids.count - ids.count / 2])
            }
            let spelledOut = try await ModelCluster.with("\(folder)/float32") {
                try await $0.logits(ids, chunks: [ids.count])
            }
            #expect(logits.last == spelledOut.last)
            #expect(logits.last?.allSatisfy(\.isFinite) == true)
        }
    }

    /// Bounds: measured on the demo model, the largest of eight prompts, which are 0.056 and 0.274; a gate's choice
    /// that changes makes up most of it.
    @Test(
        "the demo model's logits stay near the golden ones; with int8 the most likely token stays the same",
        arguments: [
            (ModelConfig.Quantization.int8, 0.06, 8), (.int4, 0.3, 7),
        ])
    func golden(quantization: ModelConfig.Quantization, bound: Double, sameTokensMin: Int) async throws {
        let expected = try ReferenceTensors(Paths.golden.appending(path: "last-logits.safetensors"))
        let prompts = try GoldenTests.prompts()
        try await Paths.withFolder { folder in
            try await quantize(Paths.demo, to: quantization, "\(folder)/model")
            try await ModelCluster.with("\(folder)/model") { cluster in
                var sameTokens = 0
                for prompt in prompts {
                    let logits = try #require(
                        try await cluster.logits(prompt.input_ids, chunks: [prompt.input_ids.count]).last)
                    let golden = try expected.values(prompt.name)
                    let difference = relativeDifference(logits, golden)
                    #expect(difference <= bound, "\(prompt.name): logits differ by \(difference)")
                    if logits.firstIndex(of: logits.max()!) == golden.firstIndex(of: golden.max()!) { sameTokens += 1 }
                }
                #expect(sameTokens >= sameTokensMin)
            }
        }
    }
}
