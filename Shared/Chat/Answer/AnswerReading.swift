package import Tokenizer

/// How one answer is to be read.
package struct AnswerReading: Sendable, Equatable {
    /// By default everything is text.
    package var syntax: AnswerSyntax
    /// The prompt ends within reasoning, so that the answer begins there.
    package var isReasoning: Bool
    /// The answer ends with so many calls; nil: with as many as there are.
    package var callsMax: Int?
    /// What the answer has been made to begin with: the end of the prompt, which the model goes on with.
    package private(set) var opening = PromptText()

    /// - Parameters:
    ///   - syntax: how the model writes reasoning and calls.
    ///   - isReasoning: the prompt ends within reasoning.
    ///   - callsMax: the answer ends with so many calls.
    package init(_ syntax: AnswerSyntax = AnswerSyntax(), isReasoning: Bool = false, callsMax: Int? = nil) {
        self.syntax = syntax
        self.isReasoning = isReasoning
        self.callsMax = callsMax
    }

    /// Has the answer begin with a call.
    ///
    /// - Parameter name: of the function; nil: the model chooses one.
    package mutating func require(callTo name: String?) {
        guard let calls = syntax.calls else { return }
        opening = calls.opening(name)
        isReasoning = false
    }
}

extension AnswerSyntax.Calls {
    /// How a call begins: up to the function's name, or, where that is known, to the first bracket of its arguments,
    /// which makes it certain that this is a call.
    fileprivate func opening(_ name: String?) -> PromptText {
        switch self {
        case .functionCall(let begin, _):
            let head = PromptText(template: begin.text) + "```typescript\nfunctions."
            return name.map { head + "\($0)({" } ?? head
        case .toolCalls(let begin, _):
            let head = PromptText(template: begin.text) + #"\#n{"name": ""#
            return name.map { head + #"\#($0)", "arguments": {"# } ?? head
        }
    }

    fileprivate var begin: AnswerSyntax.Marker {
        switch self {
        case .functionCall(let begin, _): begin
        case .toolCalls(let begin, _): begin
        }
    }
}

extension AnswerReader {
    /// Reads an answer like this one.
    package init(_ reading: AnswerReading) {
        self.init(reading.syntax, isReasoning: reading.isReasoning, callsMax: reading.callsMax)
    }

    /// Takes what the answer was made to begin with, before its first token.
    package mutating func begin(_ reading: AnswerReading) -> [AnswerPiece] {
        guard let marker = reading.syntax.calls?.begin, !reading.opening.isEmpty else { return [] }
        let text = reading.opening.text.dropFirst(marker.text.count)
        return append(marker.id ?? Self.noToken, marker.id == nil ? marker.text : "") + append(String(text))
    }

    /// The id of no token: for text that came in none.
    private static let noToken: Int32 = -1

    /// Takes text that came in no token of its own, such as what a decoder held back.
    package mutating func append(_ text: String) -> [AnswerPiece] { append(Self.noToken, text) }
}
