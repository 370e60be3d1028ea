/// How a model writes its reasoning and its calls of functions.
package struct AnswerSyntax: Sendable, Equatable {
    /// What stands between two parts of an answer.
    package struct Marker: Sendable, Equatable {
        /// How the marker is spelled. Its first character occurs in it only once.
        package let text: String
        /// The token that is the marker. With one, only this token counts, however the text is spelled.
        package let id: Int32?

        /// A marker that is found by its token where it has one, otherwise by its text.
        package init(_ text: String, id: Int32? = nil) {
            self.text = text
            self.id = id
        }
    }

    /// What stands before and after reasoning.
    package struct Reasoning: Sendable, Equatable {
        /// `<think>`. As a text it counts only at the beginning of an answer, as a token everywhere.
        package let begin: Marker
        /// `</think>`.
        package let end: Marker

        /// Reasoning between these two.
        package init(begin: Marker, end: Marker) {
            self.begin = begin
            self.end = end
        }
    }

    /// How calls are written.
    package enum Calls: Sendable, Equatable {
        /// As MiniMax-Text-01 and VL-01 do: the marker `<function_call>`, then a fence of TypeScript, in it
        /// `functions.NAME(ARGUMENTS)`.
        ///
        /// With `acceptsBareFence`, a fence at the beginning of a line needs no marker. That is for tokenizers without
        /// such a token: with it, a model that shows TypeScript code must not be taken for one that calls.
        case functionCall(begin: Marker, acceptsBareFence: Bool)
        /// As MiniMax-M1 does: between two markers, one JSON object with a name and arguments for each call.
        case toolCalls(begin: Marker, end: Marker)
    }
    /// Nil where all that the model writes is its answer.
    package let reasoning: Reasoning?
    /// Nil where calls are not looked for: they are text then.
    package var calls: Calls?

    /// Reasoning and calls of these kinds; nothing at all by default.
    package init(reasoning: Reasoning? = nil, calls: Calls? = nil) {
        self.reasoning = reasoning
        self.calls = calls
    }
}
