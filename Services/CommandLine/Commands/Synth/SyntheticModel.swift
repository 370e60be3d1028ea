internal import Foundation
internal import JSON

/// A model with the proportions of MiniMax-Text-01 and any size.
struct SyntheticModel: Sendable, Equatable {
    /// What the widths of MiniMax-Text-01 are divided by.
    let scale: Int
    let layers: Int
    /// Every N-th layer has softmax attention; 0: no layer has.
    let softmaxEvery: Int
    let vocabulary: Int

    /// The divisors of 64, which divides every width: hidden size 6144, 64 heads, intermediate size 9216.
    static let scales = [1, 2, 4, 8, 16, 32, 64]
    static let layerCounts = 1 ... 2048
    /// A vocabulary holds at least all bytes and the special tokens.
    static let vocabularies = (SyntheticTokenizer.byteCount + SyntheticTokenizer.specials.count) ... (1 << 20)

    /// - Parameter vocabulary: nil: as many tokens as MiniMax-Text-01 at its scale, 32,000 at smaller ones, where the
    ///   embeddings would otherwise outweigh the layers.
    init(scale: Int, layers: Int, softmaxEvery: Int = 8, vocabulary: Int? = nil) {
        self.scale = scale
        self.layers = layers
        self.softmaxEvery = softmaxEvery
        self.vocabulary = vocabulary ?? (scale == 1 ? 200_064 : 32_000)
    }

    /// `config.json` in the original layout.
    var config: JSONValue {
        // DeepNorm's rule, by which the 80 layers got theirs.
        let alpha = JSONValue.number("\(pow(2 * Double(layers), 0.25))")
        return [
            "architectures": ["MiniMaxText01ForCausalLM"],
            "attention_dropout": .number("0.0"),
            "attn_type_list": .array(attentionKinds.map { .int($0) }),
            "bos_token_id": .int(tokenizer.id(of: SyntheticTokenizer.bos)),
            "eos_token_id": .int(tokenizer.id(of: SyntheticTokenizer.eos)),
            "head_dim": 128,
            "hidden_act": "silu",
            "hidden_size": .int(6144 / scale),
            "initializer_range": .number("0.02"),
            "intermediate_size": .int(9216 / scale),
            "layernorm_full_attention_alpha": alpha,
            "layernorm_full_attention_beta": .number("1.0"),
            "layernorm_linear_attention_alpha": alpha,
            "layernorm_linear_attention_beta": .number("1.0"),
            "layernorm_mlp_alpha": alpha,
            "layernorm_mlp_beta": .number("1.0"),
            "max_position_embeddings": 10_240_000,
            "model_type": "minimax_text_01",
            "num_attention_heads": .int(64 / scale),
            "num_experts_per_tok": 2,
            "num_hidden_layers": .int(layers),
            "num_key_value_heads": .int(max(1, 8 / scale)),
            "num_local_experts": 32,
            "output_router_logits": false,
            "postnorm": true,
            "rms_norm_eps": .number("1e-05"),
            "rope_theta": 10_000_000,
            "rotary_dim": 64,
            "router_aux_loss_coef": .number("0.001"),
            "router_jitter_noise": .number("0.0"),
            "shared_intermediate_size": 0,
            "shared_moe_mode": "sigmoid",
            "sliding_window": .null,
            "tie_word_embeddings": false,
            "torch_dtype": "bfloat16",
            "use_cache": true,
            "vocab_size": .int(vocabulary),
        ]
    }

    var tokenizer: SyntheticTokenizer { SyntheticTokenizer(vocabulary: vocabulary) }

    /// 1 for a layer with softmax attention, 0 for one with lightning attention. Where there are fewer layers than
    /// `softmaxEvery`, the last one has softmax attention.
    private var attentionKinds: [Int] {
        let every = min(softmaxEvery, layers)
        return (1 ... layers).map { every > 0 && $0 % every == 0 ? 1 : 0 }
    }
}
