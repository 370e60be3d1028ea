import Checkpoint
import Foundation
import Tensors
import TestSupport
import Testing

/// A small checkpoint of any shape, with random weights that keep values near 1.
struct RandomCheckpoint: Sendable, CustomTestStringConvertible {
    var heads = 8, keyValueHeads = 2, d = 8, hidden = 24
    var window: Int?
    /// 0: lightning, 1: softmax.
    var layers = [0, 1]
    /// Of the projections.
    var type = ElementType.bfloat16

    var testDescription: String {
        "\(heads) heads of \(d), \(keyValueHeads) groups, window \(window ?? 0), \(layers), \(type)"
    }

    /// The files outlive their folder.
    func files() throws -> WeightFiles {
        let folder = try TemporaryFolder(), url = URL(filePath: folder.path)
        try Data(json.utf8).write(to: url.appending(path: "config.json"))
        let config = try ModelConfig(contentsOf: folder.path)
        var random = SplitMix64(seed: UInt64(heads * 1000 + d))
        let tensors = config.originalTensors.flatMap { stored($0, &random) }
        let header = SafetensorsHeader.bytes(for: tensors.map(\.0), metadata: [])
        try Data(header + tensors.flatMap(\.1)).write(to: url.appending(path: "model.safetensors"))
        return try withExtendedLifetime(folder) { try WeightFiles(directory: folder.path) }
    }

    private var json: String {
        let quantization =
            switch type {
            case .int8: #", "quantization_config": {"quant_method": "minimax-cluster", "bits": 8, "group_size": 64}"#
            case .int4: #", "quantization_config": {"quant_method": "minimax-cluster", "bits": 4, "group_size": 32}"#
            case .bfloat16, .float32: ""
            }
        return """
            {"architectures": ["MiniMaxText01ForCausalLM"], "vocab_size": 11, "hidden_size": \(hidden),
            "num_hidden_layers": \(layers.count), "num_attention_heads": \(heads),
            "num_key_value_heads": \(keyValueHeads), "head_dim": \(d), "intermediate_size": 4, "num_local_experts": 1,
            "num_experts_per_tok": 1, "attn_type_list": \(layers), "postnorm": true, "rotary_dim": \(d / 4 * 2),
            "rope_theta": 10000, "shared_intermediate_size": 0\(window.map { ", \"sliding_window\": \($0)" } ?? "")\
            \(quantization)}
            """
    }

    private func stored(_ tensor: NamedTensor, _ random: inout SplitMix64) -> [(NewTensor, [UInt8])] {
        let isProjection = tensor.name.contains("self_attn") && tensor.shape.count == 2
        let spread = tensor.shape.count == 1 ? 1 : 2 / Float(hidden).squareRoot()
        guard isProjection, type.groupSize != nil else {
            let count = tensor.shape.reduce(1, *), isFloat = isProjection && type == .float32
            let bytes = (0 ..< count).flatMap { _ -> [UInt8] in
                let bits = Float.random(in: -spread ... spread, using: &random).bitPattern
                let shifts: [UInt32] = isFloat ? [0, 8, 16, 24] : [16, 24]
                return shifts.map { UInt8(truncatingIfNeeded: bits >> $0) }
            }
            return [(NewTensor(name: tensor.name, elementType: isFloat ? "F32" : "BF16", shape: tensor.shape), bytes)]
        }
        let quantized = QuantizedTensor(tensor, as: type)
        // float16 scales from 2^-9 on (int8) or 2^-5 on (int4), so that weights are below 1.
        let high: UInt8 = type == .int8 ? 0x18 : 0x28
        return [
            (quantized.elements, random.bytes(quantized.elements.byteCount)),
            (
                quantized.scales,
                (0 ..< quantized.scales.byteCount / 2).flatMap { _ in
                    [UInt8.random(in: 0 ... 255, using: &random), high]
                }
            ),
        ]
    }
}
