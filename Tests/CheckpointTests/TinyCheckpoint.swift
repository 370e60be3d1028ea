import TestSupport

@testable import Checkpoint

struct TestTensor {
    var name: String
    var elementType = "BF16"
    var shape: [Int]
    var bytes: [UInt8]
}

/// A safetensors file of these tensors, in this order.
func safetensors(_ tensors: [TestTensor]) -> [UInt8] {
    var offset = 0
    let entries = tensors.map { tensor in
        defer { offset += tensor.bytes.count }
        return (tensor.name, entry(tensor.elementType, tensor.shape, offset, offset + tensor.bytes.count))
    }
    return file(header: json([("__metadata__", "{\"format\": \"pt\"}")] + entries), data: tensors.flatMap(\.bytes))
}

func entry(_ elementType: String, _ shape: [Int], _ begin: Int, _ end: Int) -> String {
    "{\"dtype\": \"\(elementType)\", \"shape\": \(shape), \"data_offsets\": [\(begin), \(end)]}"
}

func file(header: String, data: [UInt8]) -> [UInt8] {
    let header = Array(header.utf8)
    return littleEndian(UInt64(header.count)) + header + data
}

func littleEndian(_ value: UInt64) -> [UInt8] { (0 ..< 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

/// All tensors a config needs, with names as of the original checkpoints and random bytes.
func tinyTensors(_ config: ModelConfig, elementType: String = "BF16", seed: UInt64 = 1) -> [TestTensor] {
    var random = SplitMix64(seed: seed)
    return TensorNames(config: config) { _ in false }.all.map { tensor in
        let count = tensor.shape.reduce(1, *) * (elementType == "BF16" ? 2 : 4)
        return TestTensor(
            name: tensor.name, elementType: elementType, shape: tensor.shape,
            bytes: (0 ..< count).map { _ in UInt8.random(in: 0 ... 255, using: &random) })
    }
}

/// The same tensors with the experts fused as transformers 5 keeps them in memory.
func fused(_ tensors: [TestTensor], _ config: ModelConfig, suffix: String = "") -> [TestTensor] {
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    var result = tensors.filter { !$0.name.contains("block_sparse_moe") }
    for layer in config.layers.indices {
        let old = "model.layers.\(layer).block_sparse_moe.", new = "model.layers.\(layer).mlp."
        func part(_ expert: Int, _ name: String) -> [UInt8] {
            byName["\(old)experts.\(expert).\(name).weight"]?.bytes ?? []
        }
        let experts = 0 ..< config.expertCount
        var gate = byName["\(old)gate.weight"] ?? TestTensor(name: "", shape: [], bytes: [])
        gate.name = "\(new)gate.weight"
        result += [
            gate,
            TestTensor(
                name: "\(new)experts.gate_up_proj\(suffix)",
                shape: [config.expertCount, 2 * config.intermediateSize, config.hiddenSize],
                bytes: experts.flatMap { part($0, "w1") + part($0, "w3") }),
            TestTensor(
                name: "\(new)experts.down_proj\(suffix)",
                shape: [config.expertCount, config.hiddenSize, config.intermediateSize],
                bytes: experts.flatMap { part($0, "w2") }),
        ]
    }
    return result
}

/// A directory with a config and, unless they are nil, weights in one file.
func checkpoint(config: String = originalConfig(), _ tensors: [TestTensor]?) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write("config.json", config)
    if let tensors { try directory.write("model.safetensors", safetensors(tensors)) }
    return directory
}

/// Opens such a checkpoint; its mapping outlives the directory.
func open(config: String = originalConfig(), _ tensors: [TestTensor]) throws -> WeightFiles {
    let directory = try checkpoint(config: config, tensors)
    return try withExtendedLifetime(directory) { try WeightFiles(directory: directory.path) }
}
