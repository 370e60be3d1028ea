internal import JSON

/// One element of a request's `input`.
enum ResponseInput: Sendable, Equatable {
    case item(ResponseItem)
    /// An item that was stored before, by its id.
    case reference(String)
}

extension ResponseInput {
    var id: String {
        switch self {
        case .item(let item): item.id
        case .reference(let id): id
        }
    }

    /// Most items of one request: each is a row of the records, and others wait while they are written.
    static let countMax = 16_384

    /// `input`: a text, which is the user's, or a list of items. Items of types that this server makes nothing of, such
    /// as those of tools that only OpenAI has, are passed over.
    ///
    /// - Parameter name: what the client calls the value.
    static func read(_ value: JSONValue, _ name: String = "input") throws(APIError) -> [ResponseInput] {
        switch value {
        case .string(let text):
            let content = ResponseItem.Content.message(
                role: "user", [ResponseItem.Part(kind: .input, text: text)])
            return [.item(ResponseItem(id: ResponseItem.newID(for: content), content: content))]
        case .array(let elements):
            guard elements.count <= countMax else {
                let message =
                    """
                    Invalid '\(name)': array too long. Expected at most \(countMax) items, but got \(elements.count) \
                    instead.
                    """
                throw .invalid(name, message, code: "array_above_max_length")
            }
            var items: [ResponseInput] = []
            for (index, element) in elements.enumerated() {
                if let item = try read(item: element, "\(name)[\(index)]") { items.append(item) }
            }
            return items
        default: throw .wrongType(name, expected: "a string or an array of items", found: value)
        }
    }

    private static func read(item value: JSONValue, _ name: String) throws(APIError) -> ResponseInput? {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        let type = try value.text("type", of: name)
        let id = try value.text("id", of: name).flatMap { $0.isEmpty ? nil : $0 }
        // A reference, as a message, may come without its type.
        if type == "item_reference" || type == nil && value["role"] == nil && id != nil {
            guard let id else { throw .missing("\(name).id") }
            return .reference(id)
        }
        guard let content = try ResponseItem.Content(value, type ?? "message", name) else { return nil }
        guard (id?.utf8.count ?? 0) <= idBytesMax else {
            throw .invalid(
                "\(name).id", "Invalid '\(name).id': expected at most \(idBytesMax) bytes.",
                code: "string_above_max_length")
        }
        let status = try value.text("status", of: name).flatMap { ResponseItem.Status(rawValue: $0) }
        return .item(
            ResponseItem(id: id ?? ResponseItem.newID(for: content), status: status ?? .completed, content: content))
    }

    static let idBytesMax = 256
}

extension ResponseItem {
    /// An item that was stored.
    ///
    /// - Throws: `APIError` where it is no item, which is damage.
    init(stored value: JSONValue) throws(APIError) {
        guard case .item(let item)? = try ResponseInput.read(.array([value])).first else { throw .internalError }
        self = item
    }
}

extension ResponseItem.Content {
    /// Nil for a type that this server makes nothing of.
    fileprivate init?(_ value: JSONValue, _ type: String, _ name: String) throws(APIError) {
        switch type {
        case "message": self = try Self.message(value, name)
        case "function_call": self = .call(try ResponseItem.Call(value, name))
        case "function_call_output":
            guard let callID = try value.text("call_id", of: name) else { throw .missing("\(name).call_id") }
            guard let output = value["output"], output != .null else { throw .missing("\(name).output") }
            self = .result(callID: callID, output: try Self.checked(output, "\(name).output"))
        case "reasoning":
            self = .reasoning(
                try Self.texts(value, "content", "reasoning_text", name),
                summary: try Self.texts(value, "summary", "summary_text", name))
        default: return nil
        }
    }

    private static func message(_ value: JSONValue, _ name: String) throws(APIError) -> Self {
        guard let role = try value.text("role", of: name) else { throw .missing("\(name).role") }
        guard ["user", "assistant", "system", "developer"].contains(role) else {
            throw .invalid(
                "\(name).role",
                """
                Invalid value: '\(role.echoed)'. Supported values are: 'assistant', 'system', 'developer', and 'user'.
                """, code: "invalid_value")
        }
        let field = "\(name).content"
        switch value["content"] {
        case .string(let text):
            let kind = role == "assistant" ? ResponseItem.Part.Kind.output : .input
            return .message(role: role, [ResponseItem.Part(kind: kind, text: text)])
        case .array(let elements):
            var parts: [ResponseItem.Part] = []
            for (index, element) in elements.enumerated() {
                parts.append(try ResponseItem.Part(element, "\(field)[\(index)]", ofAssistant: role == "assistant"))
            }
            return .message(role: role, parts)
        case nil, .null: throw .missing(field)
        case .some(let other): throw .wrongType(field, expected: "a string or an array of content parts", found: other)
        }
    }

    /// The result of a call: a text, or parts of text.
    private static func checked(_ output: JSONValue, _ name: String) throws(APIError) -> JSONValue {
        switch output {
        case .string: return output
        case .array(let elements):
            var parts: [JSONValue] = []
            for (index, element) in elements.enumerated() {
                parts.append(try ResponseItem.Part(element, "\(name)[\(index)]", ofAssistant: false).json)
            }
            return .array(parts)
        default: throw .wrongType(name, expected: "a string or an array of content parts", found: output)
        }
    }

    /// The texts of one kind of parts of reasoning; other kinds are passed over.
    private static func texts(
        _ value: JSONValue, _ key: String, _ type: String, _ name: String
    ) throws(APIError) -> [String] {
        switch value[key] {
        case nil, .null: return []
        case .array(let elements):
            var texts: [String] = []
            for (index, element) in elements.enumerated() where element["type"] == .string(type) {
                guard let text = try element.text("text", of: "\(name).\(key)[\(index)]") else {
                    throw .missing("\(name).\(key)[\(index)].text")
                }
                texts.append(text)
            }
            return texts
        case .some(let other): throw .wrongType("\(name).\(key)", expected: "an array", found: other)
        }
    }
}

extension ResponseItem.Part {
    fileprivate init(_ value: JSONValue, _ name: String, ofAssistant: Bool) throws(APIError) {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        guard let type = try value.text("type", of: name) else { throw .missing("\(name).type") }
        // Some clients call all text input, or all of it output: what counts is whose it is.
        switch type {
        case "input_text", "output_text", "text": kind = ofAssistant ? .output : .input
        case "refusal" where ofAssistant: kind = .refusal
        default:
            throw .notSupported(
                name, "'\(name)' is of type '\(type.echoed)', which is not supported: this model reads text.")
        }
        let key = kind == .refusal ? "refusal" : "text"
        guard let text = try value.text(key, of: name) else { throw .missing("\(name).\(key)") }
        self.text = text
        if kind == .output, case .array(let tokens)? = value["logprobs"], !tokens.isEmpty {
            logprobs = .array(tokens)
        }
    }
}

extension ResponseItem.Call {
    fileprivate init(_ value: JSONValue, _ name: String) throws(APIError) {
        guard let id = try value.text("call_id", of: name) else { throw .missing("\(name).call_id") }
        guard let function = try value.text("name", of: name), !function.isEmpty else { throw .missing("\(name).name") }
        let namespace = try value.text("namespace", of: name)
        try ChatCalls.checkName(function, "\(name).name")
        if let namespace { try ChatCalls.checkName(namespace, "\(name).namespace") }
        self.init(
            id: id, namespace: namespace, name: function, arguments: try ChatCalls.arguments(value, "\(name).arguments")
        )
    }
}
