internal import JSON

/// What decides the tokens of an answer, besides the sampling that its request asks for: where all of it is equal, an
/// answer that is made once more is the same.
struct AnswerOrigin: Sendable, Equatable {
    /// Names the model's weights.
    let fingerprint: String
    /// In which the model computes.
    let arithmetic: String
    /// A digest of the prompt's tokens, which depend on tokenizer and chat template.
    let prompt: String
    /// Most tokens of the answer.
    let tokensMax: Int

    init(_ job: Job, _ model: ServedModel) {
        (fingerprint, arithmetic) = (model.fingerprint, model.arithmetic)
        let ids = job.prompts.flatMap { prompt in
            prompt.ids.flatMap { id in (0 ..< 4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) } }
        }
        prompt = SHA256.hex(SHA256.digest(ids))
        tokensMax = job.tokensMax.first ?? 0
    }

    var json: JSONValue {
        [
            "fingerprint": .string(fingerprint), "arithmetic": .string(arithmetic), "prompt": .string(prompt),
            "max_tokens": .int(tokensMax),
        ]
    }

    init?(_ json: JSONValue?) {
        guard case .string(let fingerprint)? = json?["fingerprint"],
            case .string(let arithmetic)? = json?["arithmetic"], case .string(let prompt)? = json?["prompt"],
            let tokensMax = json?["max_tokens"]?.integer
        else { return nil }
        (self.fingerprint, self.arithmetic, self.prompt) = (fingerprint, arithmetic, prompt)
        self.tokensMax = tokensMax
    }

    /// Why what this one has begun cannot go on where another one would decide; nil: it can.
    func difference(from other: AnswerOrigin) -> String? {
        if fingerprint != other.fingerprint { return "the model is another one" }
        if arithmetic != other.arithmetic {
            return "the model computes in \(other.arithmetic), no longer \(arithmetic)"
        }
        if prompt != other.prompt { return "its prompt has other tokens, by another chat template or tokenizer" }
        if tokensMax != other.tokensMax {
            return "it may have \(other.tokensMax) tokens, no longer \(tokensMax), since the context length is another"
        }
        return nil
    }
}
