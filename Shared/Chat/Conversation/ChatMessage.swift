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

    /// Whether a function may have this name. In the prompt of MiniMax-Text-01 it stands before a bracket without
    /// quotes, so nothing in it may look like the rest of a call.
    package static func isName(_ text: String) -> Bool {
        (1 ... nameBytesMax).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(isNameScalar)
    }

    /// Most bytes of a function's name. OpenAI allows 64, and names of tools from other servers are put together from
    /// several.
    package static let nameBytesMax = 256

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || nameJoints.unicodeScalars.contains(scalar)
    }

    /// What joins the parts of a name.
    package static let nameJoints = "_-.:/"
}
