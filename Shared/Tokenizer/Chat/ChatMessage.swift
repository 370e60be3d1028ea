/// One message of a conversation, its content already joined to one text.
package struct ChatMessage: Sendable, Equatable {
    /// "system", "user", "assistant", "function" or "tool".
    package var role: String
    package var content: String
    /// For function results: the function's name.
    package var name: String?
    /// What an assistant called after it said `content`, in order.
    package var calls: [FunctionCall]

    package init(role: String, content: String, name: String? = nil, calls: [FunctionCall] = []) {
        self.role = role
        self.content = content
        self.name = name
        self.calls = calls
    }
}

/// A call that an assistant made.
package struct FunctionCall: Sendable, Equatable {
    package var name: String
    /// JSON text as the model wrote it, so possibly no JSON at all.
    package var arguments: String

    package init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}
