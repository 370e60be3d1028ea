internal import Chat
internal import JSON

/// Reads what a chat request says about tools.
enum ChatTools {
    /// The tools that the model may call: with "none" it must not, so it is not told of any.
    static func read(_ fields: RequestFields) throws(APIError) -> [ToolDefinition] {
        guard let value = fields.value("tools") else { return [] }
        guard case .array(let elements) = value else { throw .wrongType("tools", expected: "an array", found: value) }
        var tools: [ToolDefinition] = []
        for (index, element) in elements.enumerated() { tools.append(try tool(element, "tools[\(index)]")) }
        return fields.value("tool_choice") == "none" ? [] : tools
    }

    private static func tool(_ element: JSONValue, _ name: String) throws(APIError) -> ToolDefinition {
        guard case .object = element else { throw .wrongType(name, expected: "an object", found: element) }
        guard element["type"] == "function" else {
            throw .invalid(
                "\(name).type", "Invalid value for '\(name).type': only 'function' is supported.",
                code: "invalid_value")
        }
        guard let function = element["function"], case .object = function else { throw .missing("\(name).function") }
        guard case .string(let tool)? = function["name"], !tool.isEmpty else { throw .missing("\(name).function.name") }
        try ChatCalls.checkName(tool, "\(name).function.name")
        return ToolDefinition(name: tool, function: function)
    }

    /// `tool_choice`.
    static func choice(_ fields: RequestFields) throws(APIError) -> ToolChoice {
        guard let choice = fields.value("tool_choice") else { return .auto }
        switch choice {
        case "none", "auto": return .auto
        case "required": return .required
        case .string(let text):
            throw .invalid(
                "tool_choice",
                """
                Invalid 'tool_choice': expected 'none', 'auto', 'required' or a function, but got '\(text.echoed)'.
                """, code: "invalid_value")
        case .object:
            guard choice["type"] == "function" else {
                throw .notSupported("tool_choice", "'tool_choice' is supported for the type 'function' only.")
            }
            guard let name = try choice["function"]?.text("name", of: "tool_choice.function") else {
                throw .missing("tool_choice.function.name")
            }
            return .function(name)
        default: throw .wrongType("tool_choice", expected: "a string or an object", found: choice)
        }
    }
}
