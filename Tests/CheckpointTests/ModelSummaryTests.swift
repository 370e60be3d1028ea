import Checkpoint
import Testing

@Suite("Model summary")
struct ModelSummaryTests {
    @Test("MiniMax-Text-01's config alone gives its published sizes")
    func realModel() throws {
        let summary = ModelSummary(try ModelConfig(contentsOf: text01))
        #expect(summary.parameters == 456_089_655_296 && summary.byteCount == 912_179_310_592)
        #expect(summary.activeParameters == 45_927_628_800)
        #expect(
            summary.lightningStateBytes == 280 << 20 && summary.keyValueBytesPerToken == 40_960
                && summary.keyValueBytesPerTokenExact == 81_920)
        #expect(
            summary.expertParameters == 434_865_438_720
                && summary.expertByteCount(perHostOf: 1) == summary.expertByteCount)
        #expect(summary.expertByteCount(perHostOf: 4) == summary.expertByteCount / 4)
        #expect(summary.expertByteCount(perHostOf: 5) == summary.expertByteCount / 32 * 7)
    }

    @Test("the parameters are those of the tensors, with tied embeddings and shared experts too")
    func againstTensors() throws {
        let demoConfig = try ModelConfig(contentsOf: demo)
        #expect(ModelSummary(demoConfig).parameters == 16_061_632)
        for text in [
            originalConfig(),
            originalConfig([
                "tie_word_embeddings": "true", "shared_intermediate_size": "[7]", "attn_type_list": "[1, 1]",
            ]),
        ] {
            let config = try parse(text)
            #expect(ModelSummary(config).parameters == tinyTensors(config).reduce(0) { $0 + $1.bytes.count / 2 })
        }
    }

    @Test("the largest sizes a config may have do not overflow")
    func largest() throws {
        for (layers, experts) in [(2048, 8), (4, 4096)] { try largest(layers: layers, experts: experts) }
    }

    private func largest(layers: Int, experts: Int) throws {
        let list = "[" + Array(repeating: "0", count: layers).joined(separator: ", ") + "]"
        let config = try parse(
            json([
                ("model_type", "\"minimax_m1\""), ("vocab_size", "67108864"), ("hidden_size", "131072"),
                ("num_hidden_layers", "\(layers)"), ("attn_type_list", list),
                ("num_attention_heads", "4096"), ("num_key_value_heads", "4096"), ("head_dim", "4096"),
                ("intermediate_size", "262144"),
                ("num_local_experts", "\(experts)"), ("num_experts_per_tok", "\(experts)"),
                ("shared_intermediate_size", "262144"),
            ]))
        #expect(ModelSummary(config).byteCount > 0)
    }
}
