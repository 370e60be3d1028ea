extension ModelConfig {
    /// Base and width of the rotary embedding, from the places where the dialects keep them.
    ///
    /// The width is honoured in every dialect: transformers' `minimax` ignores `rotary_dim`, but the weights were
    /// trained with it.
    static func rotary(
        _ fields: ConfigFields, headDimension: Int
    ) throws(ConfigError) -> (theta: Double, dimension: Int) {
        var parameters = try fields.fields("rope_parameters")
        if let byKind = try parameters?.fields("full_attention") { parameters = byKind }
        try refuseScaling(fields.fields("rope_scaling"))
        try refuseScaling(parameters)

        let theta = try agreed("rope_theta", parameters, fields) ?? 1_000_000
        guard theta > 0 else { throw fields.error("rope_theta", .value(needs: "above 0", found: "\(theta)")) }

        let factor = try agreed("partial_rotary_factor", parameters, fields)
        if let factor, !(factor > 0 && factor <= 1) {
            throw fields.error("partial_rotary_factor", .value(needs: "above 0 and at most 1", found: "\(factor)"))
        }
        let fromFactor = factor.map { Int($0 * Double(headDimension)) }
        let given = try fields.integer("rotary_dim", within: 1 ... headDimension)
        if let given, let fromFactor, given != fromFactor {
            throw fields.error(
                "rotary_dim",
                .contradicts(field: "partial_rotary_factor", values: "\(given) and \(fromFactor) of \(headDimension)"))
        }
        let dimension = given ?? fromFactor ?? headDimension
        guard dimension > 0, dimension % 2 == 0 else {
            let name =
                given == nil && fromFactor == nil ? "head_dim" : given == nil ? "partial_rotary_factor" : "rotary_dim"
            throw fields.error(name, .value(needs: "an even number of rotating components", found: "\(dimension)"))
        }
        return (theta, dimension)
    }

    /// A number that may stand in `rope_parameters` or at the top, and must not differ where it stands in both.
    private static func agreed(
        _ name: String, _ parameters: ConfigFields?, _ fields: ConfigFields
    ) throws(ConfigError) -> Double? {
        let native = try parameters?.number(name)
        let top = try fields.number(name)
        if let native, let top, native != top {
            throw fields.error(name, .contradicts(field: "rope_parameters.\(name)", values: "\(top) and \(native)"))
        }
        return native ?? top
    }

    private static func refuseScaling(_ fields: ConfigFields?) throws(ConfigError) {
        guard let fields, let type = try fields.string("rope_type", "type"), type != "default" else { return }
        let name = fields.has("rope_type") ? "rope_type" : "type"
        let hint =
            type == "proportional"
            ? "; a checkpoint rewritten so that unmodified transformers runs it: use the directory it was made from"
            : ""
        throw fields.error(
            name, .unsupported("found \"\(type)\", these models use the unscaled rotary embedding (\"default\")\(hint)")
        )
    }
}
