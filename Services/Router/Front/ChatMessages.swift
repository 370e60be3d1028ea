internal import Tokenizer

/// Reads the `messages` of a chat request.
enum ChatMessages {
    static func read(_ fields: RequestFields) throws(APIError) -> [ChatMessage] {
        guard let value = fields.value("messages") else { throw .missing("messages") }
        guard case .array(let elements) = value else { throw .wrongType("messages", expected: "an array", found: value) }
        guard !elements.isEmpty else {
            throw .invalid("messages", "Invalid 'messages': empty array. Expected at least one message.", code: "empty_array")
        }
        var messages: [ChatMessage] = []
        var calls: [String: String] = [:]
        for (index, element) in elements.enumerated() {
            var message = try message(element, "messages[\(index)]")
            note(callsOf: element, in: &calls)
            if message.role == "function", message.name == nil, case .string(let id)? = element["tool_call_id"] { message.name = calls[id] }
            messages.append(message)
        }
        return messages
    }

    /// Remembers the function's name of each tool call: the template names the function in its result, OpenAI's API only the call.
    private static func note(callsOf message: JSON, in calls: inout [String: String]) {
        guard case .array(let elements)? = message["tool_calls"] else { return }
        for element in elements {
            if case .string(let id)? = element["id"], case .string(let name)? = element["function"]?["name"] { calls[id] = name }
        }
    }

    private static func message(_ value: JSON, _ name: String) throws(APIError) -> ChatMessage {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        let role = try role(value, name)
        let content = try content(value, name, mayBeAbsent: role == "assistant")
        return ChatMessage(role: role, content: content, name: try string(value, "name", name))
    }

    /// The roles of OpenAI's API, as the roles of this model's template.
    private static func role(_ message: JSON, _ name: String) throws(APIError) -> String {
        guard let role = try string(message, "role", name) else { throw .missing("\(name).role") }
        switch role {
        case "system", "developer": return "system"
        case "user": return "user"
        case "assistant": return "assistant"
        case "tool", "function": return "function"
        default:
            throw .invalid(
                "\(name).role",
                "Invalid value: '\(role.echoed)'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.",
                code: "invalid_value")
        }
    }

    /// - Parameter mayBeAbsent: an assistant message that only calls tools has no content.
    private static func content(_ message: JSON, _ name: String, mayBeAbsent: Bool) throws(APIError) -> String {
        let field = "\(name).content"
        switch message["content"] {
        case .string(let text): return text
        case .array(let parts):
            var text = ""
            for (index, part) in parts.enumerated() { text += try partText(part, "\(field)[\(index)]") }
            return text
        case nil, .null:
            guard mayBeAbsent, message["tool_calls"] ?? .null != .null || message["function_call"] ?? .null != .null else { throw .missing(field) }
            return ""
        case .some(let other): throw .wrongType(field, expected: "a string or an array of content parts", found: other)
        }
    }

    private static func partText(_ part: JSON, _ name: String) throws(APIError) -> String {
        guard case .object = part else { throw .wrongType(name, expected: "an object", found: part) }
        guard let type = try string(part, "type", name) else { throw .missing("\(name).type") }
        guard type == "text" else {
            throw .notSupported(name, "'\(name)' is of type '\(type.echoed)', which is not supported: this model reads text.")
        }
        guard let text = try string(part, "text", name) else { throw .missing("\(name).text") }
        return text
    }

    private static func string(_ object: JSON, _ key: String, _ name: String) throws(APIError) -> String? {
        switch object[key] {
        case nil, .null: return nil
        case .string(let string): return string
        case .some(let other): throw .wrongType("\(name).\(key)", expected: "a string", found: other)
        }
    }
}
