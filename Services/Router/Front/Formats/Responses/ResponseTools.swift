internal import Chat
internal import JSON

/// Reads what a request for a response says about tools, and keeps what its answer tells of them.
struct ResponseTools: Sendable, Equatable {
    /// What the model is told of. With `tool_choice` none there is nothing.
    private(set) var definitions: [ToolDefinition] = []
    private(set) var choice = ToolChoice.auto
    /// As the answer repeats them.
    private(set) var json = JSONValue.array([])
    private(set) var choiceJSON: JSONValue = "auto"
    /// The functions that stand under a common name, by the name under which the model knows them.
    private var namespaced: [String: ResponseItem.Call] = [:]

    /// Of a request that brings none.
    init() {}

    init(_ fields: RequestFields) throws(APIError) {
        if let value = fields.value("tools") {
            guard case .array(let elements) = value else {
                throw .wrongType("tools", expected: "an array", found: value)
            }
            for (index, element) in elements.enumerated() { try add(element, "tools[\(index)]") }
            json = value
        }
        if let value = fields.value("tool_choice") {
            choiceJSON = value
            try choose(value)
        }
    }

    /// Under which name the model knows a function.
    static func visibleName(_ name: String, in namespace: String?) -> String {
        namespace.map { "\($0).\(name)" } ?? name
    }

    /// The function that the model has called.
    func function(_ visible: String) -> (name: String, namespace: String?) {
        namespaced[visible].map { ($0.name, $0.namespace) } ?? (visible, nil)
    }

    /// Tools of types that this server does not have, such as a search of the web, are left out: agents send them side
    /// by side with functions, and can do without.
    private mutating func add(_ tool: JSONValue, _ name: String, in namespace: String? = nil) throws(APIError) {
        guard case .object(let members) = tool else { throw .wrongType(name, expected: "an object", found: tool) }
        guard let type = try tool.text("type", of: name) else { throw .missing("\(name).type") }
        switch type {
        case "function":
            guard let function = try tool.text("name", of: name), !function.isEmpty else {
                throw .missing("\(name).name")
            }
            try ChatCalls.checkName(function, "\(name).name")
            let visible = Self.visibleName(function, in: namespace)
            if namespace != nil {
                namespaced[visible] = ResponseItem.Call(id: "", namespace: namespace, name: function, arguments: "")
            }
            var told = members.filter { !["type", "name", "strict"].contains($0.name) && $0.value != .null }
            told.insert(JSONValue.Member(name: "name", value: .string(visible)), at: 0)
            definitions.append(ToolDefinition(name: visible, function: .object(told)))
        case "namespace" where namespace == nil:
            guard let space = try tool.text("name", of: name), !space.isEmpty else { throw .missing("\(name).name") }
            try ChatCalls.checkName(space, "\(name).name")
            guard case .array(let tools)? = tool["tools"] else { throw .missing("\(name).tools") }
            for (index, element) in tools.enumerated() { try add(element, "\(name).tools[\(index)]", in: space) }
        default: break
        }
    }

    private mutating func choose(_ value: JSONValue) throws(APIError) {
        switch value {
        case "auto": break
        case "none": definitions = []
        case "required": choice = .required
        case .string(let text):
            throw .invalid(
                "tool_choice",
                """
                Invalid 'tool_choice': expected 'none', 'auto', 'required' or a function, but got '\(text.echoed)'.
                """, code: "invalid_value")
        case .object:
            switch try value.text("type", of: "tool_choice") {
            case "function":
                guard let name = try value.text("name", of: "tool_choice") else { throw .missing("tool_choice.name") }
                choice = .function(visibleName(of: name))
            case "allowed_tools": try allow(value)
            case nil: throw .missing("tool_choice.type")
            case let type?:
                throw .notSupported(
                    "tool_choice",
                    "'tool_choice' is of type '\(type.echoed)', which is not supported: only functions can be called.")
            }
        default: throw .wrongType("tool_choice", expected: "a string or an object", found: value)
        }
    }

    /// A client may name a function of a namespace without that.
    private func visibleName(of name: String) -> String {
        guard !definitions.contains(where: { $0.name == name }) else { return name }
        return definitions.first { namespaced[$0.name]?.name == name }?.name ?? name
    }

    /// Some of the tools, of which the model may call one or must.
    private mutating func allow(_ value: JSONValue) throws(APIError) {
        guard case .array(let elements)? = value["tools"] else { throw .missing("tool_choice.tools") }
        var allowed: Set<String> = []
        for (index, element) in elements.enumerated() where element["type"] == "function" {
            let field = "tool_choice.tools[\(index)]"
            guard let name = try element.text("name", of: field) else { throw .missing("\(field).name") }
            allowed.insert(visibleName(of: name))
        }
        definitions = definitions.filter { allowed.contains($0.name) }
        switch try value.text("mode", of: "tool_choice") {
        case nil, "auto": break
        case "required": choice = .required
        case let mode?:
            throw .invalid(
                "tool_choice.mode",
                "Invalid 'tool_choice.mode': expected 'auto' or 'required', but got '\(mode.echoed)'.",
                code: "invalid_value")
        }
    }
}
