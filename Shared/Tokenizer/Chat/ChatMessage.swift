/// One message of a conversation, its content already joined to one text.
package struct ChatMessage: Sendable, Equatable {
    /// "system", "user", "assistant", "function" or "tool".
    package var role: String
    /// What was said, or for function results the response; possibly empty.
    package var content: String
    /// For function results: the function's name.
    package var name: String?
    /// What an assistant called after it said `content`, in order.
    package var calls: [FunctionCall]

    /// Makes a message of any role, known or not; no part of it is checked.
    package init(role: String, content: String, name: String? = nil, calls: [FunctionCall] = []) {
        self.role = role
        self.content = content
        self.name = name
        self.calls = calls
    }
}

/// A call that an assistant made.
package struct FunctionCall: Sendable, Equatable {
    /// The called function's name, as the client wrote it.
    package var name: String
    /// JSON text as the model wrote it, so possibly no JSON at all.
    package var arguments: String

    /// Takes both texts as they are, without a check.
    package init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}
