extension SamplingParameters {
    /// The sampling parameters that chat and plain completions share.
    /// - Parameter seed: used where the request brings none.
    init(_ fields: RequestFields, vocabularySize: Int, seed: UInt64) throws(APIError) {
        temperature = try fields.number("temperature", in: 0...2) ?? 1
        topP = try fields.number("top_p", in: 0...1) ?? 1
        guard topP > 0 else { throw .invalid("top_p", "Invalid 'top_p': expected a value above 0.", code: "decimal_below_min_value") }
        // vLLM's -1 for "off" is in wide use.
        topK = max(0, try fields.integer("top_k", in: -1...Int(Int32.max)) ?? 0)
        minP = try fields.number("min_p", in: 0...1) ?? 0
        presencePenalty = Float(try fields.number("presence_penalty", in: -2...2) ?? 0)
        frequencyPenalty = Float(try fields.number("frequency_penalty", in: -2...2) ?? 0)
        repetitionPenalty = Float(try fields.number("repetition_penalty", in: 0...100) ?? 1)
        guard repetitionPenalty > 0 else {
            throw .invalid("repetition_penalty", "Invalid 'repetition_penalty': expected a value above 0.", code: "decimal_below_min_value")
        }
        logitBias = try Self.logitBias(fields, vocabularySize: vocabularySize)
        if let given = try fields.integer("seed", in: .min ... .max) { self.seed = UInt64(bitPattern: Int64(given)) } else { self.seed = seed }
    }

    private static func logitBias(_ fields: RequestFields, vocabularySize: Int) throws(APIError) -> [Int32: Float] {
        guard let value = fields.value("logit_bias") else { return [:] }
        guard case .object(let members) = value else { throw .wrongType("logit_bias", expected: "an object", found: value) }
        var biases: [Int32: Float] = [:]
        for member in members {
            guard let id = Int32(member.name), id >= 0, Int(id) < vocabularySize else {
                throw .invalid("logit_bias", "Invalid key in 'logit_bias': '\(member.name.prefix(40))' is not a token id. Expected integers from 0 to \(vocabularySize - 1).", code: "invalid_token_id")
            }
            do {
                biases[id] = Float(try member.value.number("logit_bias.\(id)", in: -100...100))
            } catch {
                throw error.blaming("logit_bias")
            }
        }
        return biases
    }
}

/// Strings that end an answer. They are not part of it.
struct StopStrings {
    static let countMax = 16

    static func read(_ fields: RequestFields) throws(APIError) -> [String] {
        switch fields.value("stop") {
        case nil: return []
        case .string(let stop): return [try checked(.string(stop), name: "stop")]
        case .array(let elements):
            guard elements.count <= countMax else {
                throw .invalid("stop", "Invalid 'stop': array too long. Expected at most \(countMax) strings, but got \(elements.count) instead.", code: "array_above_max_length")
            }
            var stops: [String] = []
            for (index, element) in elements.enumerated() { stops.append(try checked(element, name: "stop[\(index)]")) }
            return stops
        case .some(let other): throw .wrongType("stop", expected: "a string or an array of strings", found: other)
        }
    }

    private static func checked(_ value: JSON, name: String) throws(APIError) -> String {
        guard case .string(let stop) = value else { throw .wrongType(name, expected: "a string", found: value) }
        guard !stop.isEmpty else { throw .invalid(name, "Invalid '\(name)': expected a string that is not empty.", code: "empty_string") }
        return stop
    }
}
