package import Tokenizer

extension AnswerSyntax {
    /// The syntax of the model that a tokenizer and a chat template belong to.
    ///
    /// A template that mentions `<think>` or `<tool_calls>` is of M1's kind: it reasons, and calls in M1's way. Without
    /// a word in the template the tokenizer's own tokens decide, and at last the way of Text-01.
    ///
    /// - Parameter template: the source of the checkpoint's chat template; nil for the family's own.
    package init(tokenizer: BytePairTokenizer, template: String?) {
        func marker(_ text: String) -> Marker { Marker(text, id: tokenizer.addedID(of: text)) }
        let isLikeM1 = template.map { $0.contains("<think>") || $0.contains("<tool_calls>") } ?? false
        let think = Reasoning(begin: marker("<think>"), end: marker("</think>"))
        let functionCall = marker("<function_call>")
        let toolCalls = Calls.toolCalls(begin: marker("<tool_calls>"), end: marker("</tool_calls>"))
        let hasToolCallsOnly = functionCall.id == nil && tokenizer.addedID(of: "<tool_calls>") != nil
        self.init(
            reasoning: isLikeM1 || (think.begin.id != nil && think.end.id != nil) ? think : nil,
            calls: isLikeM1 || hasToolCallsOnly
                ? toolCalls : .functionCall(begin: functionCall, acceptsBareFence: functionCall.id == nil))
    }
}

extension BytePairTokenizer {
    /// The id of a token that stands beside the model's own vocabulary. A word that was merged by chance of the same
    /// text is none: its text may come in other tokens as well.
    fileprivate func addedID(of token: String) -> Int32? {
        guard let id = id(of: token), isSpecial(id) || Int(id) >= baseCount else { return nil }
        return id
    }
}
