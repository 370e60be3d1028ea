/// One message of a conversation, its content already joined to one text.
package struct ChatMessage: Sendable, Equatable {
    /// "system", "user", "assistant" or "function", which is the result of a call.
    package var role: String
    /// What was said, or for function results the response; possibly empty.
    package var content: String
    /// For function results: the function's name.
    package var name: String?
    /// For function results: which call this is the result of.
    package var callID: String?
    /// What an assistant thought before it said `content`; nil where it did not, or nobody kept it.
    package var reasoning: String?
    /// What an assistant called after it said `content`, in order.
    package var calls: [FunctionCall]

    /// Makes a message of any role, known or not; no part of it is checked.
    package init(
        role: String, content: String, name: String? = nil, callID: String? = nil, reasoning: String? = nil,
        calls: [FunctionCall] = []
    ) {
        self.role = role
        self.content = content
        self.name = name
        self.callID = callID
        self.reasoning = reasoning
        self.calls = calls
    }
}

/// A call that an assistant made.
package struct FunctionCall: Sendable, Equatable {
    /// By which a result names the call; the oldest form of calls has none.
    package var id: String?
    /// The called function's name, as the client wrote it.
    package var name: String
    /// JSON text as the model wrote it, so possibly no JSON at all.
    package var arguments: String

    /// Takes all texts as they are, without a check.
    package init(id: String? = nil, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
