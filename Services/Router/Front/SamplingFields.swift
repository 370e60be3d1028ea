internal import JSON

/// What values the sampling parameters of a request may have.
enum SamplingRanges {
    static let temperature = 0.0 ... 2.0
    static let topP = 0.0 ... 1.0
    /// vLLM's -1 for "off" is in wide use.
    static let topK = -1 ... Int(Int32.max)
    static let minP = 0.0 ... 1.0
    static let penalty = -2.0 ... 2.0
    /// 0 itself is refused.
    static let repetitionPenalty = 0.0 ... 100.0
    static let tokensMin = 0 ... Int(Int32.max)
    static let bias = -100.0 ... 100.0
}

extension SamplingParameters {
    /// The sampling parameters that chat and plain completions share.
    /// - Parameter seed: used where the request brings none.
    init(_ fields: RequestFields, vocabularySize: Int, seed: UInt64) throws(APIError) {
        temperature = try fields.number("temperature", in: SamplingRanges.temperature) ?? 1
        topP = try fields.number("top_p", in: SamplingRanges.topP) ?? 1
        topK = max(0, try fields.integer("top_k", in: SamplingRanges.topK) ?? 0)
        minP = try fields.number("min_p", in: SamplingRanges.minP) ?? 0
        presencePenalty = Float(try fields.number("presence_penalty", in: SamplingRanges.penalty) ?? 0)
        frequencyPenalty = Float(try fields.number("frequency_penalty", in: SamplingRanges.penalty) ?? 0)
        repetitionPenalty = Float(
            try fields.number("repetition_penalty", in: SamplingRanges.repetitionPenalty) ?? 1)
        guard repetitionPenalty > 0 else {
            throw .invalid(
                "repetition_penalty", "Invalid 'repetition_penalty': expected a value above 0.",
                code: "decimal_below_min_value")
        }
        tokensMin = try fields.integer("min_tokens", in: SamplingRanges.tokensMin) ?? 0
        logitBias = try Self.logitBias(fields, vocabularySize: vocabularySize)
        if let given = try fields.integer("seed", in: .min ... .max) {
            self.seed = UInt64(bitPattern: Int64(given))
        } else {
            self.seed = seed
        }
    }

    private static func logitBias(_ fields: RequestFields, vocabularySize: Int) throws(APIError) -> [Int32: Float] {
        guard let value = fields.value("logit_bias") else { return [:] }
        guard case .object(let members) = value else {
            throw .wrongType("logit_bias", expected: "an object", found: value)
        }
        var biases: [Int32: Float] = [:]
        for member in members {
            guard let id = Int32(member.name), id >= 0, Int(id) < vocabularySize else {
                let message =
                    """
                    Invalid key in 'logit_bias': '\(member.name.echoed)' is not a token id. Expected integers from 0 \
                    to \(vocabularySize - 1).
                    """
                throw .invalid("logit_bias", message, code: "invalid_token_id")
            }
            do {
                biases[id] = Float(try member.value.number("logit_bias.\(id)", in: SamplingRanges.bias))
            } catch {
                throw error.blaming("logit_bias")
            }
        }
        return biases
    }
}
