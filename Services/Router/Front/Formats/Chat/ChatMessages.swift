internal import Chat
internal import JSON

/// Reads the `messages` of a chat request.
enum ChatMessages {
    static func read(_ fields: RequestFields) throws(APIError) -> [ChatMessage] {
        guard let value = fields.value("messages") else { throw .missing("messages") }
        guard case .array(let elements) = value else {
            throw .wrongType("messages", expected: "an array", found: value)
        }
        guard !elements.isEmpty else {
            throw .invalid(
                "messages", "Invalid 'messages': empty array. Expected at least one message.", code: "empty_array")
        }
        var messages: [ChatMessage] = []
        var functions: [String: String] = [:]        // the function of each call so far, by the call's id
        for (index, element) in elements.enumerated() {
            let name = "messages[\(index)]"
            var message = try message(element, name)
            for call in try ChatCalls.read(element, name, isAssistant: message.role == "assistant") {
                message.calls.append(call)
                if let id = call.id { functions[id] = call.name }
            }
            if message.role == "function", message.name == nil {
                message.name = try function(ofResult: element, name, functions)
            }
            messages.append(message)
        }
        return messages
    }

    /// The function that a result comes from: the template names it, OpenAI's API only its call.
    private static func function(
        ofResult message: JSONValue, _ name: String, _ functions: [String: String]
    ) throws(APIError) -> String {
        if message["role"] == "function" { throw .missing("\(name).name") }
        guard let id = try message.text("tool_call_id", of: name) else { throw .missing("\(name).tool_call_id") }
        guard let function = functions[id] else {
            throw .invalid(
                "\(name).tool_call_id",
                "Invalid '\(name).tool_call_id': no message before it has a call with the id '\(id.echoed)'.",
                code: "invalid_value")
        }
        return function
    }

    private static func message(_ value: JSONValue, _ name: String) throws(APIError) -> ChatMessage {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        let role = try role(value, name)
        let content = try content(value, name, isAssistant: role == "assistant")
        var message = ChatMessage(role: role, content: content, name: try value.text("name", of: name))
        message.callID = role == "function" ? try value.text("tool_call_id", of: name) : nil
        // What an answer told as reasoning; clients send it back under either name.
        if role == "assistant" {
            let older = try value.text("reasoning_content", of: name), newer = try value.text("reasoning", of: name)
            message.reasoning = older ?? newer
        }
        return message
    }

    /// The roles of OpenAI's API, as the roles of this model's template.
    private static func role(_ message: JSONValue, _ name: String) throws(APIError) -> String {
        guard let role = try message.text("role", of: name) else { throw .missing("\(name).role") }
        switch role {
        case "system", "developer": return "system"
        case "user": return "user"
        case "assistant": return "assistant"
        case "tool", "function": return "function"
        default:
            throw .invalid(
                "\(name).role",
                """
                Invalid value: '\(role.echoed)'. Supported values are: 'system', 'developer', 'user', 'assistant', \
                'tool' and 'function'.
                """,
                code: "invalid_value")
        }
    }

    /// - Parameter isAssistant: an assistant may have said nothing, for example because it called tools, or have
    ///   refused in words.
    private static func content(_ message: JSONValue, _ name: String, isAssistant: Bool) throws(APIError) -> String {
        let refusal = isAssistant ? try message.text("refusal", of: name) ?? "" : ""
        let field = "\(name).content"
        switch message["content"] {
        case .string(let text): return text + refusal
        case .array(let parts):
            var text = ""
            for (index, part) in parts.enumerated() {
                text += try partText(part, "\(field)[\(index)]", isAssistant: isAssistant)
            }
            return text + refusal
        case nil, .null:
            guard isAssistant else { throw .missing(field) }
            return refusal
        case .some(let other): throw .wrongType(field, expected: "a string or an array of content parts", found: other)
        }
    }

    private static func partText(_ part: JSONValue, _ name: String, isAssistant: Bool) throws(APIError) -> String {
        guard case .object = part else { throw .wrongType(name, expected: "an object", found: part) }
        guard let type = try part.text("type", of: name) else { throw .missing("\(name).type") }
        guard type == "text" || type == "refusal" && isAssistant else {
            throw .notSupported(
                name, "'\(name)' is of type '\(type.echoed)', which is not supported: this model reads text.")
        }
        guard let text = try part.text(type, of: name) else { throw .missing("\(name).\(type)") }
        return text
    }
}

extension JSONValue {
    /// The string of that name in the object that the client calls `name`; nil if absent or null.
    func text(_ key: String, of name: String) throws(APIError) -> String? {
        switch self[key] {
        case nil, .null: return nil
        case .string(let string):
            guard !Self.words.contains(key) || string.utf8.count <= Self.wordBytesMax else {
                let message =
                    """
                    Invalid '\(name).\(key)': string too long. Expected at most \(Self.wordBytesMax) bytes, but got \
                    \(string.utf8.count) instead.
                    """
                throw .invalid("\(name).\(key)", message, code: "string_above_max_length")
            }
            guard !Self.words.contains(key) || !string.utf8.contains(0) else {
                throw .invalid(
                    "\(name).\(key)", "Invalid '\(name).\(key)': expected a string without NUL.", code: "invalid_value")
            }
            return string
        case .some(let other): throw .wrongType("\(name).\(key)", expected: "a string", found: other)
        }
    }

    /// Strings that are compared with others, which takes long where they have thousands of combining marks.
    private static let words: Set = [
        "role", "type", "id", "name", "namespace", "call_id", "tool_call_id", "tool_use_id", "status",
    ]
    static let wordBytesMax = 1024
}
