extension ModelConfig {
    /// Whose field names and defaults a configuration follows.
    enum Dialect { case original, transformers }

    /// Every name a configuration of this family may bear in `architectures` or `model_type`.
    private static let families: [String: (Family, Dialect)] = [
        "MiniMaxText01ForCausalLM": (.text01, .original), "minimax_text_01": (.text01, .original),
        "MiniMaxText01": (.text01, .original),
        "MiniMaxM1ForCausalLM": (.m1, .original), "minimax_m1": (.m1, .original), "MiniMaxM1": (.m1, .original),
        "MiniMaxForCausalLM": (.transformers, .transformers), "minimax": (.transformers, .transformers),
        "MiniMaxVL01ForConditionalGeneration": (.vl01, .original), "minimax_vl_01": (.vl01, .original),
        "MiniMaxVL01": (.vl01, .original),
        "minimax_vl_01_text": (.vl01, .transformers),
    ]

    /// Which model this is, and the object that holds the text model's fields.
    static func recognise(_ root: ConfigFields) throws(ConfigError) -> (Family, Dialect, ConfigFields) {
        guard let (family, dialect) = try named(root) else { throw root.error("model_type", .missing) }
        guard family == .vl01 else { return (family, dialect, root) }
        try refuseForeignParts(root)
        guard let text = try root.fields("text_config") else {
            // The text part of a migrated checkpoint, on its own.
            if dialect == .transformers { return (family, dialect, root) }
            throw root.error("text_config", .missing)
        }
        return (family, try named(text)?.1 ?? .original, text)
    }

    /// What `architectures` and `model_type` say; the architecture decides, and a name of another model in either is
    /// refused.
    private static func named(_ fields: ConfigFields) throws(ConfigError) -> (Family, Dialect)? {
        var names = try (fields.strings("architectures") ?? []).map { (field: "architectures", name: $0) }
        if let type = try fields.string("model_type") { names.append(("model_type", type)) }
        var first: (Family, Dialect)?
        for (field, name) in names {
            guard let known = families[name] else {
                let isM2 = name.lowercased().replacing("_", with: "").contains("minimaxm2")
                let what =
                    isM2
                    ? "\"\(name)\" is MiniMax-M2, which has another attention, gate and norm"
                    : "\"\(name)\" is another model"
                throw fields.error(field, .foreign(what))
            }
            first = first ?? known
        }
        return first
    }

    /// Refuses what no MiniMax-01 model has, whatever the model calls itself: MiniMax-M2's first release says
    /// `"model_type": "minimax"`.
    static func refuseForeignParts(_ fields: ConfigFields) throws(ConfigError) {
        if try fields.flag("use_qk_norm") == true {
            throw fields.error("use_qk_norm", .foreign("queries and keys are normalised, as in MiniMax-M2"))
        }
        if let scoring = try fields.string("scoring_func"), scoring != "softmax" {
            throw fields.error(
                "scoring_func", .foreign("the gate scores by \(scoring), as in MiniMax-M2; MiniMax-01 uses softmax"))
        }
        if try fields.flag("use_routing_bias") == true {
            throw fields.error("use_routing_bias", .foreign("the gate has a correction bias, as in MiniMax-M2"))
        }
    }
}
