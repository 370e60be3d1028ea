internal import JSON

extension ModelConfig {
    /// Reads `config.json`, and the end tokens of `generation_config.json` where that file exists.
    package init(contentsOf directory: String) throws(ConfigError) {
        self = try ModelConfig(json: Self.bytes(of: "config.json", in: directory), file: "config.json")
        let generation = "generation_config.json"
        guard FileBytes.exists("\(directory)/\(generation)") else { return }
        let fields = try ConfigFields(json: Self.bytes(of: generation, in: directory), file: generation)
        if let identifiers = try Self.tokenIDs("eos_token_id", fields, vocabularySize: vocabularySize) {
            eosTokenIDs = identifiers
        }
    }

    private static func bytes(of file: String, in directory: String) throws(ConfigError) -> [UInt8] {
        do { return try FileBytes.read("\(directory)/\(file)", byteCountMax: SizeLimits.configBytes) } catch {
            throw ConfigError(file: file, field: nil, reason: .unreadable(error.why))
        }
    }

    /// Reads the bytes of a `config.json`; `file` is its name in errors.
    package init(json: [UInt8], file: String) throws(ConfigError) {
        let root = try ConfigFields(json: json, file: file)
        let (family, dialect, fields) = try Self.recognise(root)
        try Self.refuseForeignParts(fields)

        self.family = family
        vocabularySize = try fields.integer("vocab_size", within: SizeLimits.vocabulary) ?? 32000
        hiddenSize = try fields.integer("hidden_size", within: SizeLimits.hidden) ?? 4096
        layers = try Self.layers(fields, dialect)
        headCount = try fields.integer("num_attention_heads", within: SizeLimits.heads) ?? 32
        keyValueHeadCount = try Self.keyValueHeads(fields, headCount: headCount)
        headDimension = try fields.integer("head_dim", within: SizeLimits.headDimension) ?? hiddenSize / headCount
        guard SizeLimits.headDimension.contains(headDimension) else {
            throw fields.error(
                "hidden_size",
                .value(needs: "at least num_attention_heads where head_dim is absent", found: "\(hiddenSize)"))
        }
        intermediateSize = try fields.integer("intermediate_size", within: SizeLimits.intermediate) ?? 14336
        expertCount = try Self.expertCount(fields)
        try Self.requireSensible(layers: layers.count, experts: expertCount, fields)
        expertsPerToken = try fields.integer("num_experts_per_tok", within: SizeLimits.experts) ?? 2
        guard expertsPerToken <= expertCount else {
            throw fields.error(
                "num_experts_per_tok",
                .value(needs: "at most num_local_experts = \(expertCount)", found: "\(expertsPerToken)"))
        }
        // Transformers' port has no switch and always arranges the residuals this way.
        isPostNorm = try fields.flag("postnorm") ?? (dialect == .transformers)
        lightningScale = try Self.scale(fields, native: "linear_attn", original: "layernorm_linear_attention")
        softmaxScale = try Self.scale(fields, native: "full_attn", original: "layernorm_full_attention")
        feedForwardScale = try Self.scale(fields, native: "mlp", original: "layernorm_mlp")
        normEpsilon = try Self.normEpsilon(fields)
        (ropeTheta, rotaryDimension) = try Self.rotary(fields, headDimension: headDimension)
        slidingWindow = try fields.integer("sliding_window", within: SizeLimits.positions)
        sharedIntermediateSizes = try Self.sharedSizes(fields, layerCount: layers.count)
        sharedExpertMode = try Self.sharedMode(fields)
        maxPositions = try fields.integer("max_position_embeddings", within: SizeLimits.positions) ?? 131_072
        let bos = try Self.tokenIDs("bos_token_id", fields, vocabularySize: vocabularySize)?.first
        let eos = try Self.tokenIDs("eos_token_id", fields, vocabularySize: vocabularySize)
        // Defaults of transformers' class; the original has none.
        bosTokenID =
            bos ?? (dialect == .transformers && !fields.mentions("bos_token_id") && vocabularySize > 1 ? 1 : nil)
        eosTokenIDs =
            eos ?? (dialect == .transformers && !fields.mentions("eos_token_id") && vocabularySize > 2 ? [2] : [])
        tiesEmbeddings = try fields.flag("tie_word_embeddings") ?? false
        // Beside the text model's fields, or in MiniMax-VL-01 above them.
        if let ofAll = try Quantization(root) { quantization = ofAll } else { quantization = try Quantization(fields) }

        if let activation = try fields.string("hidden_act"), activation != "silu", activation != "swish" {
            throw fields.error("hidden_act", .unsupported("found \"\(activation)\", these models use silu"))
        }
    }

    /// `layer_types` in strings, or `attn_type_list` (vLLM also: `decoder_attention_types`) in 0 and 1.
    private static func layers(_ fields: ConfigFields, _ dialect: Dialect) throws(ConfigError) -> [AttentionKind] {
        let count = try fields.integer("num_hidden_layers", within: SizeLimits.layers) ?? 32
        var found: (name: String, kinds: [AttentionKind])?
        for name in ["layer_types", "attn_type_list", "decoder_attention_types"] {
            guard let elements = try fields.list(name, of: "layer kinds") else { continue }
            var kinds: [AttentionKind] = []
            for (index, element) in elements.enumerated() {
                kinds.append(try kind(element, "\(name)[\(index)]", isNative: name == "layer_types", fields))
            }
            guard kinds.count == count else {
                throw fields.error(
                    name, .value(needs: "a list of num_hidden_layers = \(count)", found: "\(kinds.count) elements"))
            }
            if let found, found.kinds != kinds {
                throw fields.error(found.name, .contradicts(field: name, values: "they name different layers"))
            }
            found = found ?? (name, kinds)
        }
        if let found { return found.kinds }
        guard dialect == .transformers else { throw fields.error("attn_type_list", .missing) }
        return (0 ..< count).map { $0 % 2 == 0 ? .softmax : .lightning }        // that class's default
    }

    private static func kind(
        _ value: JSONValue, _ name: String, isNative: Bool, _ fields: ConfigFields
    ) throws(ConfigError) -> AttentionKind {
        switch (isNative, value, value.wholeNumber) {
        case (true, .string("full_attention"), _), (false, _, 1): return .softmax
        case (true, .string("linear_attention"), _), (false, _, 0): return .lightning
        default:
            let needs = isNative ? "\"full_attention\" or \"linear_attention\"" : "0 (lightning) or 1 (softmax)"
            throw fields.error(name, .value(needs: needs, found: value.inWords))
        }
    }

    private static func keyValueHeads(_ fields: ConfigFields, headCount: Int) throws(ConfigError) -> Int {
        // Present but null means one per head; absent means 8.
        let otherwise = fields.mentions("num_key_value_heads") ? headCount : 8
        let count = try fields.integer("num_key_value_heads", within: SizeLimits.heads) ?? otherwise
        guard headCount % count == 0 else {
            throw fields.error(
                "num_key_value_heads",
                .value(needs: "a divisor of num_attention_heads = \(headCount)", found: "\(count)"))
        }
        return count
    }

    /// One count, or (vLLM) a list with one count per layer, which must agree here.
    private static func expertCount(_ fields: ConfigFields) throws(ConfigError) -> Int {
        guard let counts = try fields.integers("num_local_experts", within: SizeLimits.experts)?.values else {
            return 8
        }
        guard let first = counts.first, counts.allSatisfy({ $0 == first }) else {
            let some = counts.prefix(8).map { "\($0)" }.joined(separator: ", ") + (counts.count > 8 ? ", …" : "")
            throw fields.error("num_local_experts", .unsupported("layers with different numbers of experts: [\(some)]"))
        }
        return first
    }

    /// Each alone may be sensible where all of them together are not.
    private static func requireSensible(layers: Int, experts: Int, _ fields: ConfigFields) throws(ConfigError) {
        guard layers * experts <= SizeLimits.expertsOfAllLayers else {
            let needs = "at most \(SizeLimits.expertsOfAllLayers) experts in all layers together"
            let found = "\(experts) in each of \(layers) layers"
            throw fields.error("num_local_experts", .value(needs: needs, found: found))
        }
    }

    private static func scale(
        _ fields: ConfigFields, native: String, original: String
    ) throws(ConfigError) -> ResidualScale {
        let alpha = try fields.number("\(native)_alpha_factor", "\(original)_alpha") ?? 1
        let beta = try fields.number("\(native)_beta_factor", "\(original)_beta") ?? 1
        let scale = ResidualScale(alpha: Float(alpha), beta: Float(beta))
        guard scale.alpha.isFinite, scale.beta.isFinite else {
            throw fields.error(
                "\(native)_alpha_factor",
                .value(needs: "within the range of a 32-bit float", found: "\(alpha), beta \(beta)"))
        }
        return scale
    }

    private static func normEpsilon(_ fields: ConfigFields) throws(ConfigError) -> Float {
        let epsilon = try fields.number("rms_norm_eps") ?? 1e-5
        guard Float(epsilon) > 0, epsilon < 1 else {
            throw fields.error("rms_norm_eps", .value(needs: "above 0 and below 1", found: "\(epsilon)"))
        }
        return Float(epsilon)
    }

    /// One size for all layers, or a list by layer, 0 past its end.
    private static func sharedSizes(_ fields: ConfigFields, layerCount: Int) throws(ConfigError) -> [Int] {
        guard
            let (values, isList) = try fields.integers(
                "shared_intermediate_size", within: 0 ... SizeLimits.intermediate.upperBound)
        else {
            return Array(repeating: 0, count: layerCount)
        }
        return (0 ..< layerCount).map { isList ? ($0 < values.count ? values[$0] : 0) : values[0] }
    }

    private static func sharedMode(_ fields: ConfigFields) throws(ConfigError) -> SharedExpertMode {
        guard let name = try fields.string("shared_moe_mode") else { return .sigmoid }
        guard let mode = SharedExpertMode(rawValue: name) else {
            throw fields.error("shared_moe_mode", .value(needs: "\"sigmoid\" or \"softmax\"", found: "\"\(name)\""))
        }
        return mode
    }

    /// One id or a list of ids of the vocabulary; nil where the field is absent or null.
    static func tokenIDs(_ name: String, _ fields: ConfigFields, vocabularySize: Int) throws(ConfigError) -> [Int]? {
        try fields.integers(name, within: 0 ... (vocabularySize - 1))?.values
    }
}
