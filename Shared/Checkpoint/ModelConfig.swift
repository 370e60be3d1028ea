/// What a checkpoint's `config.json` says about the model, in one form for all dialects.
///
/// Field names, defaults and traps: Hugging Face's `MiniMaxText01Config` (the original layout), transformers'
/// `MiniMaxConfig` and vLLM's `minimax_text_01.py`. Every size is bounded (`SizeLimits`), so no product of sizes
/// overflows `Int`.
package struct ModelConfig: Sendable, Equatable {
    /// How the configuration calls its model.
    package enum Family: String, Sendable {
        case text01 = "MiniMax-Text-01"
        case m1 = "MiniMax-M1"
        case vl01 = "MiniMax-VL-01 (text part)"
        case transformers = "MiniMax (transformers layout)"
    }
    /// How a layer attends: 0 (lightning) or 1 (softmax) in `attn_type_list` in config.json, words in `layer_types`.
    package enum AttentionKind: Sendable { case lightning, softmax }
    /// How a sublayer's output joins the residual stream: `alpha * residual + beta * output`.
    package struct ResidualScale: Sendable, Equatable {
        /// Factor of the residual; 1 where config.json names none.
        package let alpha: Float
        /// Factor of the sublayer's output; 1 where config.json names none.
        package let beta: Float

        /// Takes the factors as they are; that they are finite is checked only when a config is read.
        package init(alpha: Float, beta: Float) {
            self.alpha = alpha
            self.beta = beta
        }
    }
    /// How a shared expert's output joins that of the routed ones; both forms matter only where a layer has a shared
    /// expert.
    package enum SharedExpertMode: String, Sendable {
        /// `(1 - c) * routed + c * shared`, c = sigmoid(coefficient · m).
        case sigmoid
        /// A softmax over one element: c = 1, the shared expert alone.
        case softmax
    }

    /// How the large matrices are stored where they are not bf16 or f32 (`minimax quantize`).
    package enum Quantization: String, Sendable, CaseIterable {
        case int8
        /// int4, the output projection int8.
        case int4

        /// Bits of one number; `bits` in the `quantization_config` of config.json.
        package var bits: Int { self == .int8 ? 8 : 4 }
        /// How many columns of a row share a scale.
        package var groupSize: Int { self == .int8 ? 64 : 32 }
    }

    /// From `architectures` in config.json, or `model_type` where that is absent.
    package let family: Family
    /// Rows of the embedding, one for each token id; `vocab_size` in config.json.
    package let vocabularySize: Int
    /// Components of the residual stream at one position; `hidden_size` in config.json.
    package let hiddenSize: Int
    /// The kind of each layer, in order.
    package let layers: [AttentionKind]
    /// Query heads of softmax layers, and heads of lightning layers.
    package let headCount: Int
    /// Key and value heads of softmax layers; divides `headCount`.
    package let keyValueHeadCount: Int
    /// Components of one head; `headCount * headDimension` need not be `hiddenSize`.
    package let headDimension: Int
    /// Intermediate size of one expert.
    package let intermediateSize: Int
    /// Routed experts of each layer, a shared one not counted; `num_local_experts` in config.json.
    package let expertCount: Int
    /// Routed experts that each token goes through; `num_experts_per_tok` in config.json.
    package let expertsPerToken: Int
    /// Whether the residual stream is the output of the norm (all released models) or its input.
    package let isPostNorm: Bool
    /// Of lightning attention; `layernorm_linear_attention_alpha` and `_beta` in config.json, or
    /// `linear_attn_alpha_factor` and `linear_attn_beta_factor`.
    package let lightningScale: ResidualScale
    /// Of softmax attention; `layernorm_full_attention_alpha` and `_beta` in config.json, or
    /// `full_attn_alpha_factor` and `full_attn_beta_factor`.
    package let softmaxScale: ResidualScale
    /// Of the experts; `layernorm_mlp_alpha` and `_beta` in config.json, or `mlp_alpha_factor` and `mlp_beta_factor`.
    package let feedForwardScale: ResidualScale
    /// Of the layer norms and the final norm; the norm after lightning attention has 1e-6, always.
    package let normEpsilon: Float
    /// How many leading components of each query and key head rotate (softmax layers); even.
    package let rotaryDimension: Int
    /// Base of the rotary embedding; `rope_theta` in config.json, on its own or in `rope_parameters`.
    package let ropeTheta: Double
    /// How many tokens back a softmax layer sees, itself included; nil: all.
    package let slidingWindow: Int?
    /// Intermediate size of each layer's shared expert; 0: the layer has none.
    package let sharedIntermediateSizes: [Int]
    /// From `shared_moe_mode` in config.json; sigmoid where that is absent.
    package let sharedExpertMode: SharedExpertMode
    /// The context length the config claims; not a hard limit of the arithmetic.
    package let maxPositions: Int
    /// Id of the token that begins a text: `bos_token_id` in config.json, of a list the first; nil: there is none.
    package let bosTokenID: Int?
    /// Where generation ends: those of `generation_config.json` where it names any, else those of the config.
    package internal(set) var eosTokenIDs: [Int]
    /// Whether the output projection is the embedding matrix.
    package let tiesEmbeddings: Bool
    /// Nil: weights are bf16 or f32.
    package let quantization: Quantization?

    /// Layers of both kinds; `num_hidden_layers` in config.json.
    package var layerCount: Int { layers.count }
}

/// The largest sizes accepted: far above any real model, and small enough that their products fit in `Int`.
enum SizeLimits {
    static let vocabulary = 1 ... (1 << 26)
    static let hidden = 1 ... (1 << 17)
    static let layers = 1 ... (1 << 11)
    static let heads = 1 ... (1 << 12)
    static let headDimension = 1 ... (1 << 12)
    static let intermediate = 1 ... (1 << 18)
    static let experts = 1 ... (1 << 12)
    /// Plans and tables have an entry for each, and planning takes seconds beyond; MiniMax-Text-01 has 2,560.
    static let expertsOfAllLayers = 1 << 14
    /// Of `config.json`; real ones have a few thousand.
    static let configBytes = 1 << 20
    /// Of the index of all tensors, and of one file's header; MiniMax-Text-01's index has less than one million.
    static let indexBytes = 32 << 20
    /// Numbers, strings, lists and objects of an index, which has one for each tensor; of a header, about eight.
    static let indexValues = 1 << 19, headerValues = 1 << 21
    static let positions = 1 ... (1 << 40)
}
