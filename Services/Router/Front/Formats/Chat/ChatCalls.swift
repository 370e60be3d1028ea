internal import Chat
internal import JSON

/// Reads the calls that an assistant's message of a conversation has: `tool_calls`, or the older `function_call`.
enum ChatCalls {
    /// - Parameter name: what the client calls the message.
    static func read(_ message: JSONValue, _ name: String, isAssistant: Bool) throws(APIError) -> [FunctionCall] {
        let calls = try toolCalls(message, "\(name).tool_calls")
        let older = try functionCall(message, "\(name).function_call")
        guard isAssistant || calls.isEmpty && older == nil else {
            let field = older == nil ? "\(name).tool_calls" : "\(name).function_call"
            throw .invalid(
                field, "Invalid '\(field)': only messages of the role 'assistant' have calls.", code: "invalid_value")
        }
        // A client that sends both means one call in two forms.
        return calls.isEmpty ? older.map { [$0] } ?? [] : calls
    }

    private static func toolCalls(_ message: JSONValue, _ name: String) throws(APIError) -> [FunctionCall] {
        switch message["tool_calls"] {
        case nil, .null: return []
        case .array(let elements):
            var calls: [FunctionCall] = []
            for (index, element) in elements.enumerated() { calls.append(try toolCall(element, "\(name)[\(index)]")) }
            return calls
        case .some(let other): throw .wrongType(name, expected: "an array", found: other)
        }
    }

    private static func toolCall(_ value: JSONValue, _ name: String) throws(APIError) -> FunctionCall {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        let type = try value.text("type", of: name) ?? "function"
        guard type == "function" else {
            throw .notSupported(
                "\(name).type", "'\(name).type' is '\(type.echoed)', which is not supported: only 'function' is.")
        }
        guard let id = try value.text("id", of: name) else { throw .missing("\(name).id") }
        guard let function = value["function"], function != .null else { throw .missing("\(name).function") }
        var call = try self.function(function, "\(name).function")
        call.id = id
        return call
    }

    private static func functionCall(_ message: JSONValue, _ name: String) throws(APIError) -> FunctionCall? {
        guard let value = message["function_call"], value != .null else { return nil }
        return try function(value, name)
    }

    private static func function(_ value: JSONValue, _ name: String) throws(APIError) -> FunctionCall {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        guard let function = try value.text("name", of: name), !function.isEmpty else { throw .missing("\(name).name") }
        try checkName(function, "\(name).name")
        return FunctionCall(name: function, arguments: try arguments(value, "\(name).arguments"))
    }

    /// - Parameter name: what the client calls the function's name.
    static func checkName(_ function: String, _ name: String) throws(APIError) {
        guard !FunctionCall.isName(function) else { return }
        throw .invalid(
            name,
            """
            Invalid '\(name)': expected at most \(FunctionCall.nameBytesMax) bytes of letters, digits and '_', '-', \
            '.', ':' or '/', but got '\(function.echoed)'.
            """,
            code: "invalid_value")
    }

    /// As the model wrote them: arguments that are no JSON are part of the conversation too, and a model that sees its
    /// mistake may mend it. Nothing at all means no arguments; some clients send the object itself.
    static func arguments(_ function: JSONValue, _ name: String) throws(APIError) -> String {
        switch function["arguments"] {
        case nil, .null: throw .missing(name)
        case .string(let text): return text.allSatisfy(\.isWhitespace) ? "{}" : text
        case .some(let object):
            guard case .object = object else { throw .wrongType(name, expected: "a string of JSON", found: object) }
            return object.text(.pythonDefault)
        }
    }
}
