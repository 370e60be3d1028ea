import TestSupport
import Testing

@testable import Checkpoint

@Suite("Model config, refused")
struct ModelConfigErrorTests {
    typealias Reason = ConfigError.Reason

    func refusal(_ text: String) -> ConfigError? { error { try parse(text) } }

    @Test(
        "a field of the wrong type is named, with what is expected and found",
        arguments: [
            ("hidden_size", "\"6\"", Reason.type(expected: "an integer", found: "the string \"6\"")),
            ("hidden_size", "true", .type(expected: "an integer", found: "true")),
            ("vocab_size", "11.5", .type(expected: "an integer", found: "11.5")),
            ("vocab_size", "99999999999999999999", .type(expected: "an integer", found: "1e+20")),
            ("postnorm", "1", .type(expected: "true or false", found: "1")),
            ("attn_type_list", "3", .type(expected: "a list of layer kinds", found: "3")),
            ("rope_theta", "[]", .type(expected: "a number", found: "a list of 0")),
            ("rope_parameters", "7", .type(expected: "an object", found: "7")),
            (
                "architectures", "\"MiniMaxForCausalLM\"",
                .type(expected: "a list of strings", found: "the string \"MiniMaxForCausalLM\"")
            ),
            ("hidden_act", "{}", .type(expected: "a string", found: "an object")),
        ])
    func types(field: String, value: String, reason: Reason) {
        #expect(
            refusal(originalConfig([field: value])) == ConfigError(file: "config.json", field: field, reason: reason))
    }

    @Test("more experts than all layers together can sensibly have are refused, however they are spread")
    func expertsOfAllLayers() throws {
        func config(layers: Int, experts: String) -> String {
            let kinds = [String](repeating: "0", count: layers).joined(separator: ", ")
            return originalConfig([
                "num_hidden_layers": "\(layers)", "attn_type_list": "[\(kinds)]", "num_local_experts": experts,
            ])
        }
        let needs = "at most 16384 experts in all layers together", found = "4096 in each of 2048 layers"
        #expect(
            refusal(config(layers: 2048, experts: "4096"))
                == ConfigError(
                    file: "config.json", field: "num_local_experts", reason: .value(needs: needs, found: found)))
        #expect(try parse(config(layers: 512, experts: "32")).layerCount == 512)
        #expect(refusal(config(layers: 5, experts: "4096")) != nil)
        #expect(try parse(config(layers: 4, experts: "4096")).expertCount == 4096)
        let list = refusal(config(layers: 2, experts: "[\((1 ... 4096).map(String.init).joined(separator: ","))]"))
        #expect((list?.description.utf8.count ?? 0) < 200)
    }

    @Test(
        "a size that is not sensible is refused",
        arguments: [
            ("hidden_size", "0", Reason.value(needs: "1 to 131072", found: "0")),
            ("vocab_size", "-1", .value(needs: "1 to 67108864", found: "-1")),
            ("num_hidden_layers", "1000000", .value(needs: "1 to 2048", found: "1000000")),
            ("intermediate_size", "9223372036854775807", .value(needs: "1 to 262144", found: "9223372036854775807")),
            ("num_attention_heads", "-4", .value(needs: "1 to 4096", found: "-4")),
            ("num_attention_heads", "1048576", .value(needs: "1 to 4096", found: "1048576")),
            ("vocab_size", "1000000000000", .value(needs: "1 to 67108864", found: "1000000000000")),
            ("num_local_experts", "1e300", .type(expected: "an integer", found: "1e+300")),
            ("num_key_value_heads", "3", .value(needs: "a divisor of num_attention_heads = 4", found: "3")),
            ("num_experts_per_tok", "3", .value(needs: "at most num_local_experts = 2", found: "3")),
            ("num_hidden_layers", "3", .value(needs: "a list of num_hidden_layers = 3", found: "2 elements")),
            ("attn_type_list", "[0, 2]", .value(needs: "0 (lightning) or 1 (softmax)", found: "2")),
            (
                "layer_types", "[\"linear_attention\", \"sliding_attention\"]",
                .value(needs: "\"full_attention\" or \"linear_attention\"", found: "the string \"sliding_attention\"")
            ),
            ("rms_norm_eps", "0", .value(needs: "above 0 and below 1", found: "0.0")),
            ("rms_norm_eps", "1e-99", .value(needs: "above 0 and below 1", found: "1e-99")),
            ("rope_theta", "1e999", .value(needs: "finite", found: "inf")),
            ("rope_theta", "-1", .value(needs: "above 0", found: "-1.0")),
            ("rotary_dim", "3", .value(needs: "an even number of rotating components", found: "3")),
            ("rotary_dim", "6", .value(needs: "1 to 4", found: "6")),
            ("partial_rotary_factor", "1.5", .value(needs: "above 0 and at most 1", found: "1.5")),
            ("sliding_window", "0", .value(needs: "1 to 1099511627776", found: "0")),
            ("eos_token_id", "11", .value(needs: "0 to 10", found: "11")),
            ("shared_moe_mode", "\"sum\"", .value(needs: "\"sigmoid\" or \"softmax\"", found: "\"sum\"")),
            (
                "rotary_dim", "2, \"partial_rotary_factor\": 1",
                .contradicts(field: "partial_rotary_factor", values: "2 and 4 of 4")
            ),
            (
                "rope_theta", "5, \"rope_parameters\": {\"rope_theta\": 6}",
                .contradicts(field: "rope_parameters.rope_theta", values: "5.0 and 6.0")
            ),
            (
                "layer_types", "[\"full_attention\", \"full_attention\"]",
                .contradicts(field: "attn_type_list", values: "they name different layers")
            ),
            ("num_local_experts", "[2, 4]", .unsupported("layers with different numbers of experts: [2, 4]")),
            ("hidden_act", "\"gelu\"", .unsupported("found \"gelu\", these models use silu")),
        ])
    func values(field: String, value: String, reason: Reason) throws {
        let failure = try #require(refusal(originalConfig([field: value])))
        #expect(failure.reason == reason)
        let named = [field, "attn_type_list", "attn_type_list[1]", "layer_types[1]"]
        #expect(named.contains(failure.field ?? ""), "\(failure)")
    }

    @Test("a scaled rotary embedding is refused, with a hint for a checkpoint rewritten for transformers")
    func scaledRotary() throws {
        let stock = "{\"rope_type\": \"proportional\", \"rope_theta\": 1e14, \"partial_rotary_factor\": 0.5}"
        let failure = try #require(refusal(nativeConfig(["rope_parameters": stock, "rotary_dim": nil as String?])))
        #expect(failure.field == "rope_parameters.rope_type")
        #expect(
            failure.description.contains("proportional")
                && failure.description.contains("use the directory it was made from"))
        let yarn = try #require(refusal(originalConfig(["rope_scaling": "{\"type\": \"yarn\", \"factor\": 4}"])))
        #expect(yarn.field == "rope_scaling.type" && yarn.description.contains("\"yarn\""))
        #expect(refusal(originalConfig(["rope_scaling": "{\"type\": \"default\"}"])) == nil)
    }

    @Test(
        "a model that is not MiniMax-01 is refused with the reason, also one that calls itself minimax",
        arguments: [
            ("model_type", "\"minimax_m2\"", "MiniMax-M2"),
            ("architectures", "[\"MiniMaxM2ForCausalLM\"]", "MiniMax-M2"),
            ("use_qk_norm", "true", "MiniMax-M2"), ("scoring_func", "\"sigmoid\"", "sigmoid"),
            ("use_routing_bias", "true", "correction bias"),
            ("quantization_config", "{\"quant_method\": \"fp8\"}", "quantised by fp8"),
            ("model_type", "\"mixtral\"", "another model"),
        ])
    func foreign(field: String, value: String, says: String) throws {
        let failure = try #require(refusal(nativeConfig([field: value])))
        #expect(failure.field == field && failure.description.contains(says), "\(failure)")
    }

    @Test("MiniMax-M2's own config, which says minimax, is refused")
    func m2() throws {
        let config = """
            {"architectures": ["MiniMaxM2ForCausalLM"], "model_type": "minimax", "hidden_size": 3072, \
            "num_hidden_layers": 62, "num_attention_heads": 48,
             "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 256, "num_experts_per_tok": 8, \
            "scoring_func": "sigmoid", "use_routing_bias": true,
             "use_qk_norm": true, "rotary_dim": 64, "quantization_config": {"quant_method": "fp8"}}
            """
        #expect(try #require(refusal(config)).description.contains("MiniMaxM2ForCausalLM"))
    }

    @Test("what is missing is named")
    func missing() {
        #expect(refusal("{}") == ConfigError(file: "config.json", field: "model_type", reason: .missing))
        #expect(
            refusal(originalConfig(["attn_type_list": nil as String?]))
                == ConfigError(file: "config.json", field: "attn_type_list", reason: .missing))
        #expect(
            refusal("{\"model_type\": \"minimax_vl_01\"}")
                == ConfigError(file: "config.json", field: "text_config", reason: .missing))
        let nested =
            """
            {\"model_type\": \"minimax_vl_01\", \"text_config\": {\"attn_type_list\": [0], \"num_hidden_layers\": \
            \"1\"}}
            """
        #expect(refusal(nested)?.field == "text_config.num_hidden_layers")
    }

    @Test("a config that is absent, empty, not JSON, or no object is an error")
    func unreadable() throws {
        let directory = try TemporaryDirectory()
        #expect(
            error(ConfigError.self) { try ModelConfig(contentsOf: directory.path) }?.description
                == "config.json cannot be read: No such file or directory")
        #expect(refusal("")?.description == "config.json: not JSON: expected a value at byte 0")
        #expect(refusal("[]")?.reason == .type(expected: "an object", found: "a list of 0"))
        #expect(refusal("{\"hidden_size\": 6, \"hidden_size\": 7}")?.description.contains("occurs twice") == true)
        #expect(refusal("{\"rope_theta\": NaN}")?.description == "config.json: not JSON: expected a value at byte 15")
    }

    @Test("no damage to a config's bytes does more than throw")
    func damage() {
        var random = SplitMix64(seed: 7)
        let bytes = Array(originalConfig().utf8)
        var refused = 0
        for _ in 0 ..< 3000 {
            var damaged = bytes
            for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0 ... 255, using: &random)
            }
            if error(ConfigError.self, { try ModelConfig(json: damaged, file: "config.json") }) != nil { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
