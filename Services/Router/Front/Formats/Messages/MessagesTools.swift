internal import Chat
internal import JSON

/// Reads `tools` and `tool_choice` of a request in Anthropic's form.
enum MessagesTools {
    /// The tools that the client runs. Those that Anthropic's servers run, or that only its models know the form of,
    /// are left out: the model is not told of them.
    static func read(_ fields: RequestFields) throws(APIError) -> [ToolDefinition] {
        guard let value = fields.value("tools") else { return [] }
        guard case .array(let elements) = value else { throw .wrongType("tools", expected: "an array", found: value) }
        var tools: [ToolDefinition] = []
        for (index, element) in elements.enumerated() {
            if let tool = try tool(element, "tools[\(index)]") { tools.append(tool) }
        }
        return tools
    }

    private static func tool(_ element: JSONValue, _ name: String) throws(APIError) -> ToolDefinition? {
        guard case .object = element else { throw .wrongType(name, expected: "an object", found: element) }
        guard try element.text("type", of: name) ?? "custom" == "custom" else { return nil }
        guard let tool = try element.text("name", of: name), !tool.isEmpty else { throw .missing("\(name).name") }
        guard let schema = element["input_schema"], schema != .null else { throw .missing("\(name).input_schema") }
        guard case .object = schema else {
            throw .wrongType("\(name).input_schema", expected: "an object", found: schema)
        }
        try ChatCalls.checkName(tool, "\(name).name")
        var members = [JSONValue.Member(name: "name", value: .string(tool))]
        if let description = try element.text("description", of: name) {
            members.append(JSONValue.Member(name: "description", value: .string(description)))
        }
        members.append(JSONValue.Member(name: "parameters", value: schema))
        return ToolDefinition(name: tool, function: .object(members))
    }

    /// `tool_choice`.
    struct Choice: Equatable {
        var choice = ToolChoice.auto
        var callsMax: Int?
        /// The model must not call, so it is not told of any tool.
        var hidesTools = false
    }

    static func choice(_ fields: RequestFields) throws(APIError) -> Choice {
        guard let value = fields.value("tool_choice") else { return Choice() }
        guard case .object = value else { throw .wrongType("tool_choice", expected: "an object", found: value) }
        guard let type = try value.text("type", of: "tool_choice") else { throw .missing("tool_choice.type") }
        var choice = Choice()
        switch type {
        case "auto": break
        case "any": choice.choice = .required
        case "none": choice.hidesTools = true
        case "tool":
            guard let name = try value.text("name", of: "tool_choice") else { throw .missing("tool_choice.name") }
            choice.choice = .function(name)
        default:
            throw .invalid(
                "tool_choice.type",
                """
                Invalid 'tool_choice.type': expected 'auto', 'any', 'tool' or 'none', but got '\(type.echoed)'.
                """, code: "invalid_value")
        }
        switch value["disable_parallel_tool_use"] {
        case nil, .null, .bool(false): break
        case .bool(true): choice.callsMax = 1
        case .some(let other):
            throw .wrongType("tool_choice.disable_parallel_tool_use", expected: "a boolean", found: other)
        }
        return choice
    }
}
