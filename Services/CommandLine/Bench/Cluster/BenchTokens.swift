internal import Console
internal import Tokenizer

/// Random prompts, and answers that can be watched token by token.
struct BenchTokens: Sendable {
    /// Ids of tokens that stand for text.
    let ordinary: [Int32]
    /// Ids of tokens of printable ASCII: each gives text at once, so each is an event of its own in a stream.
    let printable: [Int32]

    /// - Throws: `StartError` when the tokenizer has no printable token.
    init(_ tokenizer: BytePairTokenizer, vocabularySize: Int) throws {
        let count = min(vocabularySize, tokenizer.vocabularyCount)
        ordinary = (0 ..< Int32(count)).filter { !tokenizer.isSpecial($0) && tokenizer.bytes(of: $0)?.isEmpty == false }
        printable = ordinary.filter { id in tokenizer.bytes(of: id)?.allSatisfy { (0x20 ... 0x7E).contains($0) } == true
        }
        guard !printable.isEmpty else {
            throw StartError(
                "the model's tokenizer has no token of printable ASCII characters, "
                    + "which a benchmark's answers consist of")
        }
    }

    /// A random prompt of `context` tokens, to be answered with `tokens` tokens out of a random choice of printable
    /// ones.
    func request(context: Int, tokens: Int, random: inout some RandomNumberGenerator) -> CompletionBody {
        let choice = printable.shuffled(using: &random).prefix(max(64, tokens))
        return CompletionBody(
            prompt: (0 ..< context).map { _ in ordinary[Int.random(in: ordinary.indices, using: &random)] },
            tokensMax: tokens, choice: Array(choice))
    }
}

/// Equal seeds give equal numbers, on every machine. Source: Vigna's public-domain splitmix64.c.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
