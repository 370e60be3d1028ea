package import JSON

/// What was said so far, and which tools the model may call: what every format of chats comes down to.
package struct Conversation: Sendable, Equatable {
    /// In the order in which they were said.
    package var messages: [ChatMessage]
    /// In the order in which the client names them.
    package var tools: [ToolDefinition]

    /// Takes both as they are; nothing is checked.
    package init(messages: [ChatMessage] = [], tools: [ToolDefinition] = []) {
        self.messages = messages
        self.tools = tools
    }
}

/// A function that the model may call.
package struct ToolDefinition: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// The function as the model is told of it: an object of `name`, `description`, `parameters`, and what else the
    /// client says about it.
    package var function: JSONValue

    /// Takes both as they are; that `function` tells the same name is not checked.
    package init(name: String, function: JSONValue) {
        self.name = name
        self.function = function
    }

    /// The function as JSON text, spelled as in the model's training: as Python spells it.
    package var text: String { function.text(.pythonDefault) }
}
