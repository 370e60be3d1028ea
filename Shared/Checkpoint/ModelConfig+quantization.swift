package import JSON

extension ModelConfig.Quantization {
    private static let method = "minimax-cluster"

    /// What a config's `quantization_config` says of weights of this kind.
    package var config: JSONValue {
        ["quant_method": .string(Self.method), "bits": .int(bits), "group_size": .int(groupSize)]
    }

    /// Reads `quantization_config`; nil where the config has none.
    init?(_ fields: ConfigFields) throws(ConfigError) {
        guard let quantization = try fields.fields("quantization_config") else { return nil }
        let method = try quantization.string("quant_method") ?? "an unnamed method"
        guard method == Self.method else {
            throw fields.error(
                "quantization_config",
                .unsupported("the weights are quantised by \(method); a bf16 or f32 checkpoint is needed"))
        }
        let bits = try quantization.integer("bits", within: 1 ... 32)
        guard let kind = Self.allCases.first(where: { $0.bits == bits }) else {
            throw quantization.error("bits", .value(needs: "8 or 4", found: bits.map { "\($0)" } ?? "nothing"))
        }
        let groupSize = try quantization.integer("group_size", within: 1 ... (1 << 20))
        guard groupSize == kind.groupSize else {
            throw quantization.error(
                "group_size",
                .value(
                    needs: "\(kind.groupSize) beside \(kind.bits) bits", found: groupSize.map { "\($0)" } ?? "nothing"))
        }
        self = kind
    }
}
