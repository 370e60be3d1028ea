internal import Chat
internal import JSON

/// What a request of any format of chats asks of the model.
struct ChatTurn: Sendable, Equatable {
    /// Without the tools that the model must not call: it is not told of them.
    var conversation: Conversation
    var ending = PromptEnding.answer
    var choice = ToolChoice.auto
    /// The answer ends with so many calls; nil: as many as the model makes.
    var callsMax: Int?
    /// What the client gives the chat template by name.
    var arguments: [JSONValue.Member] = []
}

/// Whether the model is to call a tool.
enum ToolChoice: Sendable, Equatable {
    /// It decides.
    case auto
    /// It must call one, whichever.
    case required
    /// It must call this one.
    case function(String)

    /// Whether an answer without a call will not do.
    var isForced: Bool { self != .auto }

    /// Refuses what cannot be called.
    func check(_ tools: [ToolDefinition]) throws(APIError) {
        switch self {
        case .auto: break
        case .required:
            guard !tools.isEmpty else {
                throw .invalid(
                    "tool_choice", "Invalid 'tool_choice': a call is required, but there are no 'tools'.",
                    code: "invalid_value")
            }
        case .function(let name):
            guard tools.contains(where: { $0.name == name }) else {
                throw .invalid(
                    "tool_choice", "Invalid 'tool_choice': there is no tool with the name '\(name.echoed)' in 'tools'.",
                    code: "invalid_value")
            }
        }
    }
}
