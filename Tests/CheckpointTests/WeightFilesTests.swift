import Foundation
import Tensors
import Testing

@testable import Checkpoint

extension WeightMatrix {
    var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: base, count: byteCount)) }
}

extension TemporaryDirectory {
    func grow(_ name: String, to byteCount: UInt64) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        try handle.truncate(atOffset: byteCount)
        try handle.close()
    }
}

@Suite("Weight files")
struct WeightFilesTests {
    let config = Result { try parse(originalConfig()) }

    func bytes(_ tensors: [TestTensor], _ name: String) -> [UInt8]? { tensors.first { $0.name == name }?.bytes }

    @Test("every role gives the bytes of its tensor, in its shape")
    func roles() throws {
        let config = try config.get()
        let tensors = tinyTensors(config)
        let weights = try open(tensors)
        func check(_ matrix: WeightMatrix, _ name: String, _ rows: Int, _ columns: Int) {
            #expect(
                matrix.bytes == bytes(tensors, name) && matrix.rows == rows && matrix.columns == columns
                    && matrix.elementType == .bfloat16, "\(name)")
        }
        check(try weights.embedding(), "model.embed_tokens.weight", 11, 6)
        check(try weights.head(), "lm_head.weight", 11, 6)
        check(try weights.finalNorm(), "model.norm.weight", 1, 6)
        let norms = try weights.layerNorms(1)
        check(norms.input, "model.layers.1.input_layernorm.weight", 1, 6)
        check(norms.postAttention, "model.layers.1.post_attention_layernorm.weight", 1, 6)
        let lightning = try weights.lightning(0)
        check(lightning.qkv, "model.layers.0.self_attn.qkv_proj.weight", 48, 6)
        check(lightning.outputGate, "model.layers.0.self_attn.output_gate.weight", 16, 6)
        check(lightning.norm, "model.layers.0.self_attn.norm.weight", 1, 16)
        check(lightning.out, "model.layers.0.self_attn.out_proj.weight", 6, 16)
        let softmax = try weights.softmax(1)
        check(softmax.q, "model.layers.1.self_attn.q_proj.weight", 16, 6)
        check(softmax.k, "model.layers.1.self_attn.k_proj.weight", 8, 6)
        check(softmax.v, "model.layers.1.self_attn.v_proj.weight", 8, 6)
        check(softmax.o, "model.layers.1.self_attn.o_proj.weight", 6, 16)
        check(try weights.gate(1), "model.layers.1.block_sparse_moe.gate.weight", 2, 6)
        let expert = try weights.expert(0, 1)
        check(expert.w1, "model.layers.0.block_sparse_moe.experts.1.w1.weight", 3, 6)
        check(expert.w3, "model.layers.0.block_sparse_moe.experts.1.w3.weight", 3, 6)
        check(expert.w2, "model.layers.0.block_sparse_moe.experts.1.w2.weight", 6, 3)
        #expect(try weights.sharedExpert(0) == nil)
        #expect(weights.unusedTensors == [] && weights.byteCount == tensors.reduce(0) { $0 + $1.bytes.count })
    }

    @Test("a tensor can be asked for by name, with the shape it must have")
    func byName() throws {
        let weights = try WeightFiles(directory: demo)
        #expect(try weights.matrix("model.norm.weight", rows: 1, columns: 192).byteCount == 384)
        #expect(try weights.matrix("lm_head.weight", rows: 4096, columns: 192).rows == 4096)
        let wrong = error(CheckpointError.self) { try weights.matrix("lm_head.weight", rows: 192, columns: 4096) }
        #expect(
            wrong?.reason == .unexpectedShape(needed: [192, 4096], found: [4096, 192])
                && wrong?.file.hasPrefix("model-0000") == true)
        #expect(error(CheckpointError.self) { try weights.matrix("nothing", rows: 1, columns: 1) }?.reason == .missing)
    }

    @Test("experts fused by transformers 5 equal the separate ones byte for byte", arguments: ["", ".weight"])
    func fusedExperts(suffix: String) throws {
        let config = try config.get()
        let tensors = tinyTensors(config)
        let one = try open(tensors), two = try open(config: nativeConfig(), fused(tensors, config, suffix: suffix))
        for layer in 0 ..< 2 {
            #expect(try one.gate(layer).bytes == two.gate(layer).bytes)
            for index in 0 ..< 2 {
                let (a, b) = (try one.expert(layer, index), try two.expert(layer, index))
                for (a, b) in [(a.w1, b.w1), (a.w3, b.w3), (a.w2, b.w2)] {
                    #expect(
                        a.bytes == b.bytes && a.rows == b.rows && a.columns == b.columns,
                        "layer \(layer), expert \(index)")
                }
            }
        }
        #expect(two.unusedTensors == [])
    }

    @Test(
        "the text part of MiniMax-VL-01 is found under either prefix, and its other parts are harmless",
        arguments: [
            ("language_model.model.", "language_model.lm_head.weight"), ("model.language_model.", "lm_head.weight"),
        ])
    func vision(prefix: String, head: String) throws {
        let tensors = tinyTensors(try config.get())
        var renamed = tensors.map { tensor in
            var tensor = tensor
            tensor.name = tensor.name == "lm_head.weight" ? head : prefix + tensor.name.dropFirst("model.".count)
            return tensor
        }
        for name in [
            "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.bias", "multi_modal_projector.linear_1.bias",
            "image_newline",
        ] {
            renamed.append(TestTensor(name: name, shape: [1], bytes: [1, 2]))
        }
        let text = originalConfig(["shared_intermediate_size": "[0]"])
        let weights = try open(config: "{\"model_type\": \"minimax_vl_01\", \"text_config\": \(text)}", renamed)
        #expect(
            try weights.softmax(1).o.bytes == bytes(tensors, "model.layers.1.self_attn.o_proj.weight")
                && weights.unusedTensors == [])
        #expect(try weights.head().bytes == bytes(tensors, "lm_head.weight"))
    }

    @Test("decay buffers are ignored, other strangers are listed, f32 is read, tied embeddings need no head")
    func variants() throws {
        let text = originalConfig(["tie_word_embeddings": "true"])
        var tensors = tinyTensors(try parse(text), elementType: "F32")
        #expect(!tensors.contains { $0.name == "lm_head.weight" })
        for name in ["slope_rate", "query_decay", "key_decay", "diagonal_decay"] {
            tensors.append(
                TestTensor(name: "model.layers.0.self_attn.\(name)", elementType: "F16", shape: [1], bytes: [0, 0]))
        }
        tensors.append(
            TestTensor(
                name: "model.layers.2.stranger", elementType: "I64", shape: [1], bytes: [UInt8](repeating: 0, count: 8))
        )
        let weights = try open(config: text, tensors)
        #expect(weights.unusedTensors == ["model.layers.2.stranger"])
        #expect(try weights.head().bytes == weights.embedding().bytes && weights.head().elementType == .float32)
    }

    @Test("a shared expert is found where the config gives it a size")
    func sharedExpert() throws {
        let text = originalConfig(["shared_intermediate_size": "[0, 5]"])
        let tensors = tinyTensors(try parse(text))
        let weights = try open(config: text, tensors)
        #expect(try weights.sharedExpert(0) == nil)
        let shared = try #require(try weights.sharedExpert(1))
        #expect(
            shared.downProj.bytes == bytes(tensors, "model.layers.1.shared_mlp.down_proj.weight")
                && shared.downProj.columns == 5)
        #expect(
            shared.coefficient.bytes == bytes(tensors, "model.layers.1.coefficient.weight")
                && shared.coefficient.rows == 1)
    }

    @Test("the demo checkpoint opens in both layouts, on the same shards")
    func demoLayouts() throws {
        let native = try WeightFiles(directory: demo)
        #expect(
            native.config.family == .transformers && native.config.rotaryDimension == 32
                && native.config.eosTokenIDs == [4090])
        let directory = try TemporaryDirectory()
        try directory.link("config.json", to: "\(demo)/original-layout/config.json")
        for name in try FileManager.default.contentsOfDirectory(atPath: demo) where name.contains("safetensors") {
            try directory.link(name, to: "\(demo)/\(name)")
        }
        let original = try WeightFiles(directory: directory.path)
        #expect(original.config.family == .text01 && original.config.layers == native.config.layers)
        #expect(original.unusedTensors == [] && native.unusedTensors == [] && native.byteCount == 32_123_264)
        #expect(try original.expert(15, 7).w2.bytes == native.expert(15, 7).w2.bytes)
        #expect(try original.fingerprint() == native.fingerprint())
    }

    @Test("the fingerprint ignores how tensors lie in files, and sees the config and the weights")
    func fingerprint() throws {
        let config = try config.get()
        let tensors = tinyTensors(config)
        func fingerprint(_ text: String, _ tensors: [TestTensor]) throws -> String {
            try open(config: text, tensors).fingerprint()
        }
        let one = try fingerprint(originalConfig(), tensors)
        #expect(one.count == 32 && one.allSatisfy(\.isHexDigit))
        #expect(try fingerprint(originalConfig(), tensors.reversed()) == one)
        #expect(try fingerprint(originalConfig(["rope_theta": "1"]), tensors) != one)
        #expect(try fingerprint(originalConfig(), tinyTensors(config, seed: 2)) != one)
        var digest = FNV128()
        digest.add("a")
        #expect(digest.hexadecimal == "d228cb696f1a8caf78912b704e4a8964")        // the published value
    }

    @Test("zero embedding rows are found from the first id on, in both element types", arguments: ["BF16", "F32"])
    func zeroRows(elementType: String) throws {
        var tensors = tinyTensors(try config.get(), elementType: elementType)
        let place = try #require(tensors.firstIndex { $0.name == "model.embed_tokens.weight" })
        let size = tensors[place].bytes.count / 11
        for row in [2, 8, 10] {
            tensors[place].bytes.replaceSubrange(row * size ..< (row + 1) * size, with: repeatElement(0, count: size))
        }
        tensors[place].bytes[11 * size - 1] = 0x80        // minus zero
        tensors[place].bytes[9 * size + 1] = 0x3F        // one element that is not
        let weights = try open(tensors)
        #expect(try weights.zeroEmbeddingRows(from: 0) == [2, 8, 10])
        #expect(try weights.zeroEmbeddingRows(from: 7) == [8, 10])
        #expect(try weights.zeroEmbeddingRows(from: 11) == [] && weights.zeroEmbeddingRows(from: 99) == [])
    }

    @Test("no descriptor stays open; the mapping lives as long as a matrix of it, and no longer")
    func release() throws {
        let directory = try checkpoint(tinyTensors(try config.get()))
        let isMapped = {
            let maps = try #require(FileHandle(forReadingAtPath: "/proc/self/maps")).readToEnd() ?? Data()
            return String(decoding: maps, as: UTF8.self).contains(directory.path)
        }
        var matrix: WeightMatrix? = try WeightFiles(directory: directory.path).embedding()
        #expect(matrix?.bytes.count == 132)
        #expect(try isMapped())
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        #expect(
            !descriptors.contains {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix(
                    directory.path) == true
            })
        matrix = nil
        #expect(try !isMapped())
    }
}
