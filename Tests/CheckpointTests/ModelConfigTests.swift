import Testing

@testable import Checkpoint

@Suite("Model config")
struct ModelConfigTests {
    @Test("the config of MiniMax-Text-01 is read field by field")
    func realConfig() throws {
        let config = try ModelConfig(contentsOf: text01)
        #expect(config.family == .text01)
        #expect(config.vocabularySize == 200_064 && config.hiddenSize == 6144 && config.layerCount == 80)
        #expect(config.headCount == 64 && config.keyValueHeadCount == 8 && config.headDimension == 128)
        #expect(config.intermediateSize == 9216 && config.expertCount == 32 && config.expertsPerToken == 2)
        #expect(config.layers.indices.filter { config.layers[$0] == .softmax } == Array(stride(from: 7, to: 80, by: 8)))
        let scale = ModelConfig.ResidualScale(alpha: 3.5565588, beta: 1)
        #expect(config.lightningScale == scale && config.softmaxScale == scale && config.feedForwardScale == scale)
        #expect(
            config.isPostNorm && config.normEpsilon == 1e-5 && config.rotaryDimension == 64 && config.ropeTheta == 1e7)
        #expect(config.slidingWindow == nil && config.sharedIntermediateSizes == Array(repeating: 0, count: 80))
        #expect(
            config.maxPositions == 10_240_000 && config.bosTokenID == nil && config.eosTokenIDs == []
                && !config.tiesEmbeddings)
    }

    @Test("both dialects of one model give the same config")
    func dialects() throws {
        let original = try parse(originalConfig()), native = try parse(nativeConfig())
        #expect(original.family == .text01 && native.family == .transformers)
        #expect(original.layers == native.layers && original.layers == [.lightning, .softmax])
        #expect(
            original.lightningScale == native.lightningScale && original.softmaxScale == native.softmaxScale
                && original.feedForwardScale == native.feedForwardScale)
        #expect(
            native.lightningScale.alpha == 1.5 && native.softmaxScale.alpha == 1.25
                && native.feedForwardScale.alpha == 2.5)
        #expect(
            original.ropeTheta == native.ropeTheta && original.rotaryDimension == native.rotaryDimension
                && native.rotaryDimension == 2)
    }

    @Test("absent fields of the original layout take the original's defaults")
    func originalDefaults() throws {
        let list = "[" + Array(repeating: "0", count: 32).joined(separator: ", ") + "]"
        let config = try parse(json([("model_type", "\"MiniMaxText01\""), ("attn_type_list", list)]))
        #expect(
            config.vocabularySize == 32000 && config.hiddenSize == 4096 && config.headCount == 32
                && config.keyValueHeadCount == 8)
        #expect(config.headDimension == 128 && config.rotaryDimension == 128 && config.intermediateSize == 14336)
        #expect(config.expertCount == 8 && config.expertsPerToken == 2 && !config.isPostNorm && config.ropeTheta == 1e6)
        #expect(config.maxPositions == 131_072 && config.eosTokenIDs == [] && config.bosTokenID == nil)
        #expect(config.lightningScale == ModelConfig.ResidualScale(alpha: 1, beta: 1))
    }

    @Test("absent fields of transformers' layout take that class's defaults")
    func nativeDefaults() throws {
        let config = try parse("{\"model_type\": \"minimax\", \"num_hidden_layers\": 4}")
        #expect(config.layers == [.softmax, .lightning, .softmax, .lightning] && config.isPostNorm)
        #expect(config.bosTokenID == 1 && config.eosTokenIDs == [2] && config.ropeTheta == 1e6)
    }

    @Test(
        "every name of the family is known",
        arguments: [
            ("minimax_text_01", ModelConfig.Family.text01), ("MiniMaxText01", .text01), ("minimax_m1", .m1),
            ("MiniMaxM1", .m1), ("minimax", .transformers),
        ])
    func names(type: String, family: ModelConfig.Family) throws {
        #expect(
            try parse(originalConfig(["architectures": nil as String?, "model_type": "\"\(type)\""])).family == family)
    }

    @Test("the text part of MiniMax-VL-01 is read from its wrapper, shared size as a list")
    func vision() throws {
        let text = originalConfig([
            "architectures": nil as String?, "shared_intermediate_size": "[0]", "max_position_embeddings": "8192",
        ])
        let config = try parse(
            """
            {\"architectures\": [\"MiniMaxVL01ForConditionalGeneration\"], \"model_type\": \"minimax_vl_01\", \
            \"text_config\": \(text)}
            """
        )
        #expect(
            config.family == .vl01 && config.maxPositions == 8192 && config.layerCount == 2
                && config.sharedIntermediateSizes == [0, 0])
    }

    @Test("head_dim is taken as given, and derived only where it is absent or null")
    func headDimension() throws {
        #expect(try parse(originalConfig(["hidden_size": "40"])).headDimension == 4)
        #expect(try parse(originalConfig(["hidden_size": "40", "head_dim": "null"])).headDimension == 10)
        #expect(try parse(originalConfig(["hidden_size": "40", "head_dim": nil as String?])).headDimension == 10)
    }

    @Test("null key and value heads mean one for each head")
    func keyValueHeads() throws {
        #expect(try parse(originalConfig(["num_key_value_heads": "null"])).keyValueHeadCount == 4)
    }

    @Test("the residual arrangement follows postnorm, else the dialect")
    func postnorm() throws {
        #expect(try !parse(originalConfig(["postnorm": nil as String?])).isPostNorm)
        #expect(try parse(nativeConfig()).isPostNorm)
        #expect(try !parse(nativeConfig(["postnorm": "false"])).isPostNorm)
    }

    @Test("where both spellings of a factor stand, the native one counts")
    func bothFactors() throws {
        let config = try parse(nativeConfig(["layernorm_mlp_alpha": "9", "layernorm_mlp_beta": "0.5"]))
        #expect(config.feedForwardScale == ModelConfig.ResidualScale(alpha: 2.5, beta: 0.5))
    }

    @Test("the rotating width is honoured in both dialects, by either name")
    func rotary() throws {
        #expect(
            try parse(nativeConfig(["rotary_dim": nil as String?, "partial_rotary_factor": "0.5"])).rotaryDimension == 2
        )
        #expect(
            try parse(originalConfig(["rotary_dim": nil as String?, "partial_rotary_factor": "0.5"])).rotaryDimension
                == 2)
        #expect(try parse(originalConfig(["rotary_dim": nil as String?])).rotaryDimension == 4)
        let inside = "{\"rope_type\": \"default\", \"rope_theta\": 5, \"partial_rotary_factor\": 0.5}"
        let config = try parse(nativeConfig(["rotary_dim": nil as String?, "rope_parameters": inside]))
        #expect(config.rotaryDimension == 2 && config.ropeTheta == 5)
        #expect(try parse(nativeConfig(["rope_parameters": nil as String?, "rope_theta": "77"])).ropeTheta == 77)
    }

    @Test("the layers may be called decoder_attention_types, the experts listed by layer, integers written as 1e1")
    func aliases() throws {
        let config = try parse(
            originalConfig([
                "attn_type_list": nil as String?, "decoder_attention_types": "[1, 1]", "num_local_experts": "[2, 2]",
                "vocab_size": "1.1e1", "rope_theta": "1e7",
                "sliding_window": "64", "eos_token_id": "[3, 4]", "bos_token_id": "5",
                "shared_intermediate_size": "[0, 8]", "shared_moe_mode": "\"softmax\"",
            ]))
        #expect(
            config.layers == [.softmax, .softmax] && config.expertCount == 2 && config.vocabularySize == 11
                && config.slidingWindow == 64)
        #expect(
            config.eosTokenIDs == [3, 4] && config.bosTokenID == 5 && config.sharedIntermediateSizes == [0, 8]
                && config.sharedExpertMode == .softmax)
    }

    @Test("end tokens of generation_config.json replace those of the config, unless it names none")
    func generationConfig() throws {
        let directory = try TemporaryDirectory()
        try directory.write("config.json", originalConfig(["eos_token_id": "1"]))
        #expect(try ModelConfig(contentsOf: directory.path).eosTokenIDs == [1])
        try directory.write("generation_config.json", "{\"eos_token_id\": [7, 8]}")
        #expect(try ModelConfig(contentsOf: directory.path).eosTokenIDs == [7, 8])
        try directory.write("generation_config.json", "{\"do_sample\": false, \"eos_token_id\": null}")
        #expect(try ModelConfig(contentsOf: directory.path).eosTokenIDs == [1])
        try directory.write("generation_config.json", "{\"eos_token_id\": 11}")
        let failure = error(ConfigError.self) { try ModelConfig(contentsOf: directory.path) }
        #expect(
            failure
                == ConfigError(
                    file: "generation_config.json", field: "eos_token_id", reason: .value(needs: "0 to 10", found: "11")
                ))
    }

    @Test("decay slopes are the original's, for head counts that are powers of two and others")
    func decay() throws {
        let eight = try parse(
            originalConfig([
                "num_attention_heads": "8", "num_hidden_layers": "8", "attn_type_list": "[0, 0, 0, 0, 0, 0, 0, 0]",
            ]))
        #expect(
            eight.decaySlopes(layer: 0) == [
                0.500005, 0.2500025, 0.12500125, 0.062500625, 0.0312503125, 0.01562515625, 0.007812578125,
                0.0039062890625,
            ])
        #expect(
            eight.decaySlopes(layer: 3)[0] == 0.2857192857142857
                && eight.decaySlopes(layer: 6)[0] == 0.07143357142857146)
        #expect(
            eight.decaySlopes(layer: 7)[0] == 5e-06 && eight.decaySlopes(layer: 7)[1] == 2.5e-06
                && eight.decaySlopes(layer: 7)[7] == 3.90625e-08)

        let one = ["num_hidden_layers": "1", "attn_type_list": "[0]", "num_key_value_heads": "1"]
        let twelve = try parse(originalConfig(one.merging(["num_attention_heads": "12"]) { $1 })).decaySlopes(layer: 0)
        let base12 = [
            0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625,
            0.7071067811865476, 0.35355339059327384, 0.17677669529663692, 0.08838834764831849,
        ]
        #expect(twelve == base12.map { Float($0 * (1 + 1e-5)) })
        let six = try parse(originalConfig(one.merging(["num_attention_heads": "6"]) { $1 })).decaySlopes(layer: 0)
        let base6 = [0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125]
        #expect(six == base6.map { Float($0 * (1 + 1e-5)) })
        let real = try ModelConfig(contentsOf: text01)
        #expect(
            abs(real.decaySlopes(layer: 0)[0] - 0.917013) < 1e-6
                && abs(real.decaySlopes(layer: 78)[63] - 4.94853e-05) < 1e-10)
    }
}
