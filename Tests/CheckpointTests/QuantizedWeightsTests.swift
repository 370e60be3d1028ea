import Foundation
import JSON
import Tensors
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Quantized weight files")
struct QuantizedWeightsTests {
    static let types: [ElementType] = [.int8, .int4]

    private func config(_ elementType: ElementType, _ changes: [String: String?] = [:]) -> String {
        let (bits, group) = elementType == .int8 ? (8, 64) : (4, 32)
        let statement = "{\"quant_method\": \"minimax-cluster\", \"bits\": \(bits), \"group_size\": \(group)}"
        return originalConfig(["quantization_config": .some(statement)].merging(changes) { $1 })
    }

    /// The tiny model with every matrix but the embedding and the gates as numbers and scales of random bytes.
    private func tensors(_ elementType: ElementType, _ text: String? = nil) throws -> [TestTensor] {
        var random = SplitMix64(seed: 3)
        let config = try parse(text ?? config(elementType))
        let matrices = Set(TensorNames(config: config) { _ in false }.matrices.map(\.name))
        return tinyTensors(config).flatMap { tensor -> [TestTensor] in
            guard matrices.contains(tensor.name) else { return [tensor] }
            let quantized = QuantizedTensor(NamedTensor(name: tensor.name, shape: tensor.shape), as: elementType)
            return [quantized.elements, quantized.scales].map { part in
                // Scales of 1 to 2: no random bits of a float16 that are no number.
                let bytes =
                    part.elementType == "F16"
                    ? (0 ..< part.byteCount / 2).flatMap { _ in [UInt8.random(in: 0 ... 255, using: &random), 0x3C] }
                    : (0 ..< part.byteCount).map { _ in UInt8.random(in: 0 ... 255, using: &random) }
                return TestTensor(name: part.name, elementType: part.elementType, shape: part.shape, bytes: bytes)
            }
        }
    }

    private func refusal(
        _ elementType: ElementType, _ tensors: [TestTensor], config text: String? = nil
    ) throws -> CheckpointError? {
        let directory = try checkpoint(config: text ?? config(elementType), tensors)
        return withExtendedLifetime(directory) { error { try WeightFiles(directory: directory.path) } }
    }

    @Test(
        """
        the shapes are those of the format: a byte a number or half of it, a scale for each group of a row, leading \
        dimensions kept
        """
    )
    func shapes() {
        let fused = NamedTensor(name: "w", shape: [3, 10, 70])
        let int8 = QuantizedTensor(fused, as: .int8), int4 = QuantizedTensor(fused, as: .int4)
        #expect(int8.elements == NewTensor(name: "w", elementType: "I8", shape: [3, 10, 70]))
        #expect(int8.scales == NewTensor(name: "w.scales", elementType: "F16", shape: [3, 10, 2]))
        #expect(int4.elements == NewTensor(name: "w", elementType: "U8", shape: [3, 10, 48]))
        #expect(int4.scales == NewTensor(name: "w.scales", elementType: "F16", shape: [3, 10, 3]))
    }

    @Test("numbers times scales are the weights; norms, gates and the embedding stay what they are", arguments: types)
    func values(elementType: ElementType) throws {
        let tensors = try tensors(elementType)
        let weights = try open(config: config(elementType), tensors)
        #expect(weights.unusedTensors == [] && weights.byteCount == tensors.reduce(0) { $0 + $1.bytes.count })
        #expect(weights.config.quantization == (elementType == .int8 ? .int8 : .int4))
        let name = "model.layers.0.block_sparse_moe.experts.1.w2.weight"        // (6, 3): one group a row
        let numbers = try #require(tensors.first { $0.name == name }).bytes,
            scales = try #require(tensors.first { $0.name == "\(name).scales" }).bytes
        let matrix = try weights.expert(0, 1).w2
        #expect(matrix.elementType == elementType && matrix.rows == 6 && matrix.columns == 3)
        let expected = (0 ..< 6).flatMap { row in
            (0 ..< 3).map { column in
                let scale = 1 + Float(scales[2 * row]) / 1024
                return scale
                    * (elementType == .int8
                        ? Float(Int8(bitPattern: numbers[3 * row + column]))
                        : Float(numbers[16 * row + column] & 15) - 8)
            }
        }
        #expect(matrix.floats() == expected)
        #expect(matrix.rows(4 ..< 6).floats() == Array(expected[12...]))
        #expect(
            try weights.embedding().elementType == .bfloat16 && weights.gate(1).elementType == .bfloat16
                && weights.finalNorm().elementType == .bfloat16)
        #expect(try weights.head().elementType == elementType && weights.lightning(0).out.elementType == elementType)
    }

    @Test("experts fused by transformers 5 are cut into experts, scales and all", arguments: types)
    func fusedExperts(elementType: ElementType) throws {
        var tensors = try tensors(elementType)
        let plain = try open(config: config(elementType), tensors)
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
        tensors.removeAll { $0.name.contains("block_sparse_moe") }
        for layer in 0 ..< 2 {
            let old = "model.layers.\(layer).block_sparse_moe.", new = "model.layers.\(layer).mlp."
            var gate = try #require(byName["\(old)gate.weight"])
            gate.name = "\(new)gate.weight"
            tensors.append(gate)
            for (name, parts, shape) in [
                ("gate_up_proj", ["w1", "w3"], [2, 6, 6]), ("down_proj", ["w2"], [2, 6, 3]),
            ] {
                let fused = QuantizedTensor(NamedTensor(name: "\(new)experts.\(name)", shape: shape), as: elementType)
                for (tensor, suffix) in [(fused.elements, ""), (fused.scales, ".scales")] {
                    let bytes = (0 ..< 2).flatMap { expert in
                        parts.flatMap { byName["\(old)experts.\(expert).\($0).weight\(suffix)"]?.bytes ?? [] }
                    }
                    tensors.append(
                        TestTensor(
                            name: tensor.name, elementType: tensor.elementType, shape: tensor.shape, bytes: bytes))
                }
            }
        }
        let fused = try open(config: config(elementType), tensors)
        for layer in 0 ..< 2 {
            for index in 0 ..< 2 {
                let (a, b) = (try plain.expert(layer, index), try fused.expert(layer, index))
                #expect(
                    a.w1.floats() == b.w1.floats() && a.w2.floats() == b.w2.floats() && a.w3.floats() == b.w3.floats())
            }
        }
        #expect(fused.unusedTensors == [])
    }

    @Test("scales that are missing, misshapen or of another dtype are named", arguments: types)
    func scales(elementType: ElementType) throws {
        let tensors = try tensors(elementType)
        let name = "model.layers.1.self_attn.o_proj.weight.scales"
        let place = try #require(tensors.firstIndex { $0.name == name })
        let missing = try #require(try refusal(elementType, tensors.filter { $0.name != name }))
        #expect(missing.tensor == name && missing.reason == .missing)

        var misshapen = tensors
        misshapen[place] = TestTensor(name: name, elementType: "F16", shape: [3, 2], bytes: tensors[place].bytes)
        #expect(
            try refusal(elementType, misshapen)
                == CheckpointError(
                    file: "model.safetensors", tensor: name, .unexpectedShape(needed: [6, 1], found: [3, 2])))
        misshapen[place] = TestTensor(name: name, elementType: "F16", shape: [6], bytes: tensors[place].bytes)
        #expect(try refusal(elementType, misshapen)?.reason == .unexpectedShape(needed: [6, 1], found: [6]))

        var other = tensors
        other[place].elementType = "BF16"
        let failure = try refusal(elementType, other)
        #expect(
            failure
                == CheckpointError(file: "model.safetensors", tensor: name, .elementType(needed: "F16", found: "BF16")))
        #expect(failure?.description == "model.safetensors: tensor \(name) has dtype BF16, F16 is needed")
    }

    @Test("numbers of the wrong shape or dtype are named", arguments: types)
    func numbers(elementType: ElementType) throws {
        let tensors = try tensors(elementType)
        let name = "model.layers.1.self_attn.o_proj.weight"        // (6, 16)
        let place = try #require(tensors.firstIndex { $0.name == name })
        var wrong = tensors
        wrong[place].elementType = "F8_E4M3"
        #expect(
            try refusal(elementType, wrong)
                == CheckpointError(
                    file: "model.safetensors", tensor: name,
                    .elementType(needed: "BF16, F32, I8 or U8", found: "F8_E4M3")))
        wrong[place] = TestTensor(
            name: name, elementType: elementType == .int8 ? "I8" : "U8", shape: [6, 15],
            bytes: Array(repeating: 0, count: 90))
        #expect(try refusal(elementType, wrong)?.reason == .unexpectedShape(needed: [6, 16], found: [6, 15]))
        wrong[place].shape = [90]
        #expect(try refusal(elementType, wrong)?.reason == .unexpectedShape(needed: [6, 16], found: [90]))
    }

    @Test("whole numbers are weights only where the config says so", arguments: types)
    func unannounced(elementType: ElementType) throws {
        let failure = try #require(try refusal(elementType, tensors(elementType), config: originalConfig()))
        #expect(failure.reason == .elementType(needed: "BF16 or F32", found: elementType == .int8 ? "I8" : "U8"))
    }

    @Test(
        "a config that is at odds with the format is refused with what it needs",
        arguments: [
            ("{\"quant_method\": \"minimax-cluster\"}", "quantization_config.bits must be 8 or 4, found nothing"),
            (
                "{\"quant_method\": \"minimax-cluster\", \"bits\": 6}",
                "quantization_config.bits must be 8 or 4, found 6"
            ),
            (
                "{\"quant_method\": \"minimax-cluster\", \"bits\": \"8\"}",
                "quantization_config.bits must be an integer, found the string \"8\""
            ),
            (
                "{\"quant_method\": \"minimax-cluster\", \"bits\": 8, \"group_size\": 32}",
                "quantization_config.group_size must be 64 beside 8 bits, found 32"
            ),
            (
                "{\"quant_method\": \"minimax-cluster\", \"bits\": 4}",
                "quantization_config.group_size must be 32 beside 4 bits, found nothing"
            ),
            ("{\"bits\": 8, \"group_size\": 64}", "quantised by an unnamed method"),
            ("[]", "must be an object, found a list of 0"),
        ])
    func badConfig(statement: String, says: String) throws {
        let failure = try #require(
            error(ConfigError.self) { try parse(originalConfig(["quantization_config": statement])) })
        #expect(failure.description.contains(says), "\(failure)")
    }

    @Test("the statement is read beside the fields or, in MiniMax-VL-01, above them; the one written is the one read")
    func goodConfig() throws {
        for quantization in ModelConfig.Quantization.allCases {
            let statement = quantization.config.text()
            #expect(try parse(originalConfig(["quantization_config": statement])).quantization == quantization)
            #expect(try parse(nativeConfig(["quantization_config": statement])).quantization == quantization)
            let vision =
                """
                {\"model_type\": \"minimax_vl_01\", \"text_config\": \(originalConfig()), \"quantization_config\": \
                \(statement)}
                """
            #expect(try parse(vision).quantization == quantization)
        }
        #expect(try parse(originalConfig(["quantization_config": "null"])).quantization == nil)
    }

    @Test("one flipped bit of numbers or scales is told by the matrix it belongs to", arguments: types)
    func digests(elementType: ElementType) throws {
        let tensors = try tensors(elementType), compute = Compute(threads: 1)
        let recorded = try WeightDigests(of: try open(config: config(elementType), tensors), compute)
        for index in tensors.indices {
            var damaged = tensors
            damaged[index].bytes[damaged[index].bytes.count - 1] ^= 0x20
            let files = try open(config: config(elementType), damaged)
            let differences = try recorded.differences(from: try WeightDigests(of: files, compute), files)
            #expect(differences.map(\.tensor) == [tensors[index].name.replacing(".scales", with: "")])
        }
    }

    @Test("int8, int4 and bf16 of one model have fingerprints of their own")
    func fingerprints() throws {
        let files = [
            try open(tinyTensors(try parse(originalConfig()))), try open(config: config(.int8), tensors(.int8)),
            try open(config: config(.int4), tensors(.int4)),
        ]
        #expect(Set(try files.map { try $0.fingerprint() }).count == 3)
    }

    @Test(
        "the config alone gives the bytes, also with tied embeddings, shared experts and widths that no group divides",
        arguments: types)
    func summary(elementType: ElementType) throws {
        for changes in [
            [:], ["tie_word_embeddings": "true", "shared_intermediate_size": "[7]"],
            ["hidden_size": "70", "intermediate_size": "33"],
        ] {
            let text = config(elementType, changes.mapValues { .some($0) })
            var tensors = try tensors(elementType, text)
            if elementType == .int4 {        // whose output projection is int8
                tensors.removeAll { $0.name.hasPrefix("lm_head") }
                let config = try parse(text)
                let head = QuantizedTensor(
                    NamedTensor(name: "lm_head.weight", shape: [11, config.hiddenSize]), as: .int8)
                let parts = config.tiesEmbeddings ? [] : [head.elements, head.scales]
                tensors += parts.map {
                    TestTensor(
                        name: $0.name, elementType: $0.elementType, shape: $0.shape,
                        bytes: Array(repeating: 0, count: $0.byteCount))
                }
            }
            let files = try open(config: text, tensors)
            #expect(ModelSummary(files.config).byteCount == files.byteCount, "\(changes)")
            #expect(
                ModelSummary(files.config).parameters
                    == ModelSummary(try parse(originalConfig(changes.mapValues { .some($0) }))).parameters)
        }
    }

    @Test("damage to the headers does no more than throw", arguments: types)
    func damage(elementType: ElementType) throws {
        var random = SplitMix64(seed: 11)
        let tensors = try tensors(elementType)
        let bytes = safetensors(tensors)
        let header = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let directory = try checkpoint(config: config(elementType), nil)
        for _ in 0 ..< 400 {
            var damaged = bytes
            for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
                damaged[Int.random(in: 8 ..< header, using: &random)] = UInt8.random(in: 0x20 ... 0x7E, using: &random)
            }
            try directory.write("model.safetensors", damaged)
            if let files = try? WeightFiles(directory: directory.path) { _ = try files.head().floats() }
        }
    }
}
