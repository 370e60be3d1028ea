import Chat

// Answers are written in tests as strings, in which a character of the private use area stands for a special token.
let functionCallToken = "\u{E000}"
let thinkToken = "\u{E001}"
let thinkEndToken = "\u{E002}"
let toolCallsToken = "\u{E003}"
let toolCallsEndToken = "\u{E004}"

extension AnswerSyntax {
    private static func id(_ token: String) -> Int32 { token.unicodeScalars.first.map { Int32($0.value) } ?? 0 }

    /// MiniMax-Text-01's.
    static let functionCall = AnswerSyntax(
        calls: .functionCall(begin: Marker("<function_call>", id: id(functionCallToken)), acceptsBareFence: false))
    /// The same of a tokenizer that has no such token.
    static let functionCallText = AnswerSyntax(
        calls: .functionCall(begin: Marker("<function_call>"), acceptsBareFence: true))
    /// MiniMax-M1's, whose markers are texts.
    static let toolCalls = AnswerSyntax(
        reasoning: Reasoning(begin: Marker("<think>"), end: Marker("</think>")),
        calls: .toolCalls(begin: Marker("<tool_calls>"), end: Marker("</tool_calls>")))
    /// The same of a tokenizer that has a token for each marker.
    static let toolCallsTokens = AnswerSyntax(
        reasoning: Reasoning(
            begin: Marker("<think>", id: id(thinkToken)), end: Marker("</think>", id: id(thinkEndToken))),
        calls: .toolCalls(
            begin: Marker("<tool_calls>", id: id(toolCallsToken)),
            end: Marker("</tool_calls>", id: id(toolCallsEndToken))))
    static let all = [functionCall, functionCallText, toolCalls, toolCallsTokens]
}

/// One token of an answer, as a decoder gives it.
struct AnswerToken {
    var id: Int32 = 1
    var text = ""

    /// An answer in tokens.
    /// - Parameter endsToken: whether a token ends behind the scalar of this number.
    static func cut(_ answer: String, endsToken: (Int) -> Bool) -> [AnswerToken] {
        var tokens = [AnswerToken()]
        for (index, scalar) in answer.unicodeScalars.enumerated() {
            if (0xE000 ..< 0xE010).contains(scalar.value) {
                tokens += [AnswerToken(id: Int32(scalar.value)), AnswerToken()]
                continue
            }
            tokens[tokens.count - 1].text.unicodeScalars.append(scalar)
            if endsToken(index) { tokens.append(AnswerToken()) }
        }
        return tokens
    }
}

/// What a reader makes of an answer.
func read(
    _ tokens: [AnswerToken], _ syntax: AnswerSyntax, isReasoning: Bool = false, callsMax: Int? = nil
) -> [AnswerPiece] {
    var reader = AnswerReader(syntax, isReasoning: isReasoning, callsMax: callsMax)
    var pieces: [AnswerPiece] = []
    for token in tokens { pieces += reader.append(token.id, token.text) }
    return joined(pieces + reader.finish())
}

/// The same for an answer whose stretches between special tokens are one token each.
func read(
    _ answer: String, _ syntax: AnswerSyntax, isReasoning: Bool = false, callsMax: Int? = nil
) -> [AnswerPiece] {
    read(AnswerToken.cut(answer) { _ in false }, syntax, isReasoning: isReasoning, callsMax: callsMax)
}

/// Pieces of one kind that follow each other become one.
func joined(_ pieces: [AnswerPiece]) -> [AnswerPiece] {
    pieces.reduce(into: []) { result, piece in
        switch (result.last, piece) {
        case (.text(let left), .text(let right)): result[result.count - 1] = .text(left + right)
        case (.reasoning(let left), .reasoning(let right)): result[result.count - 1] = .reasoning(left + right)
        case (.callArguments(let left), .callArguments(let right)):
            result[result.count - 1] = .callArguments(left + right)
        default: result.append(piece)
        }
    }
}

/// A whole call.
func call(_ name: String, _ arguments: String) -> [AnswerPiece] {
    [.callBegins(name: name), .callArguments(arguments), .callEnds]
}

extension [AnswerPiece] {
    /// Everything that was said, whatever it is, names included.
    var content: String {
        reduce(into: "") { content, piece in
            switch piece {
            case .text(let text), .reasoning(let text), .callArguments(let text): content += text
            case .callBegins(let name): content += name
            case .callEnds: break
            }
        }
    }

    var callCount: Int { count { $0 == .callEnds } }
}
