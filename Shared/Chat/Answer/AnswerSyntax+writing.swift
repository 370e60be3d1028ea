internal import JSON
package import Tokenizer

extension AnswerSyntax.Calls {
    /// Calls as the model writes them, for the prompt of a later turn. The client's parts are content, so no text in
    /// them becomes a special token. Empty without calls.
    package func written(_ calls: [FunctionCall]) -> PromptText {
        guard !calls.isEmpty else { return PromptText() }
        switch self {
        case .functionCall(let begin, _):
            return calls.reduce(into: PromptText()) { prompt, call in
                prompt += PromptText(template: begin.text)
                prompt += "```typescript\nfunctions.\(call.name)(\(call.arguments))\n```"
            }
        case .toolCalls(let begin, let end):
            let lines: PromptText = calls.reduce("\n") { $0 + Self.line($1) }
            return PromptText(template: begin.text) + lines + PromptText(template: end.text)
        }
    }

    /// One call on one line. Arguments that are no JSON object go in as a string, so that the line is JSON.
    private static func line(_ call: FunctionCall) -> PromptText {
        let name = JSONValue.string(call.name).text()
        guard case .object? = try? JSONReader.read(Array(call.arguments.utf8)) else {
            return #"{"name": \#(name), "arguments": \#(JSONValue.string(call.arguments).text())}\#n"#
        }
        return #"{"name": \#(name), "arguments": \#(call.arguments)}\#n"#
    }
}
