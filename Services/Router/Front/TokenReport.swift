internal import Tokenizer

/// How a token is shown in log-probabilities. A token that is only part of a character has no text: it reads
/// `bytes:\xe2\x80`, as with OpenAI, so that two of them stay distinct.
struct TokenName: Sendable, Equatable {
    let text: String
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
        text =
            String(validating: bytes, as: UTF8.self) ?? "bytes:"
            + bytes.map { byte in
                (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }.joined()
    }

    init(_ id: Int32, _ tokenizer: BytePairTokenizer) {
        self.init(bytes: tokenizer.bytes(of: id) ?? Array(tokenizer.decode([id], skippingSpecial: false).utf8))
    }

    /// Named by its id, as vLLM does on request, so that every token's name is another.
    init(id: Int32, _ tokenizer: BytePairTokenizer) {
        bytes = tokenizer.bytes(of: id) ?? []
        text = "token_id:\(id)"
    }
}

/// One token of an answer or an echoed prompt with its log-probabilities, in text.
struct TokenReport: Sendable, Equatable {
    struct Alternative: Sendable, Equatable {
        var name: TokenName
        var logprob: Float
    }
    var name: TokenName
    /// nil for the first token of a prompt.
    var logprob: Float?
    var top: [Alternative]
    /// Where its text begins in the choice's text, in Unicode scalars (characters of a Python string).
    var offset: Int

    init(_ id: Int32, _ logprobs: TokenLogprobs?, offset: Int, _ tokenizer: BytePairTokenizer, namedByID: Bool) {
        func name(_ id: Int32) -> TokenName { namedByID ? TokenName(id: id, tokenizer) : TokenName(id, tokenizer) }
        self.name = name(id)
        logprob = logprobs?.logprob
        top = (logprobs?.top ?? []).map { Alternative(name: name($0.id), logprob: $0.logprob) }
        self.offset = offset
    }
}
