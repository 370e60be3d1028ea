internal import Chat
internal import JSON

/// A block of the content of a message, an instruction or a tool's result in Anthropic's form.
struct MessagesBlock {
    let type: String
    let json: JSONValue
    /// What the client calls it.
    let name: String

    /// The blocks of a content; a string is one of text.
    ///
    /// - Parameter name: what the client calls the content.
    static func read(_ content: JSONValue?, _ name: String) throws(APIError) -> [MessagesBlock] {
        switch content {
        case nil, .null: throw .missing(name)
        case .string(let text): return [MessagesBlock(type: "text", json: ["text": .string(text)], name: name)]
        case .array(let elements):
            var blocks: [MessagesBlock] = []
            for (index, element) in elements.enumerated() { blocks.append(try block(element, "\(name)[\(index)]")) }
            return blocks
        case .some(let other):
            throw .wrongType(name, expected: "a string or an array of content blocks", found: other)
        }
    }

    private static func block(_ value: JSONValue, _ name: String) throws(APIError) -> MessagesBlock {
        guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        guard let type = try value.text("type", of: name) else { throw .missing("\(name).type") }
        return MessagesBlock(type: type, json: value, name: name)
    }

    /// The string of that name.
    func required(_ key: String) throws(APIError) -> String {
        guard let text = try json.text(key, of: name) else { throw .missing("\(name).\(key)") }
        return text
    }

    /// What the model reads of a block that is a text of some kind.
    func text() throws(APIError) -> String {
        switch type {
        case "text": return try required("text")
        case "document": return try documentText()
        case "search_result":
            return try Self.lines([try required("title"), try required("source"), contentText(of: json, name)])
        // All tools stand in the prompt, found by a search or not.
        case "tool_reference": return try required("tool_name")
        case "tool_use", "tool_result", "thinking", "redacted_thinking":
            throw .invalid(
                name, "Invalid '\(name)': a block of type '\(type)' does not belong here.", code: "invalid_value")
        default: throw Self.unreadable(name, type)
        }
    }

    private func documentText() throws(APIError) -> String {
        let source = "\(name).source"
        guard let value = json["source"], value != .null else { throw .missing(source) }
        guard case .object = value else { throw .wrongType(source, expected: "an object", found: value) }
        guard let type = try value.text("type", of: source) else { throw .missing("\(source).type") }
        let text: String
        switch type {
        case "text":
            guard let data = try value.text("data", of: source) else { throw .missing("\(source).data") }
            text = data
        case "content": text = try contentText(of: value, source)
        default: throw Self.unreadable(source, type)
        }
        return Self.lines([try json.text("title", of: name) ?? "", try json.text("context", of: name) ?? "", text])
    }

    private func contentText(of value: JSONValue, _ name: String) throws(APIError) -> String {
        var text = ""
        for block in try Self.read(value["content"], "\(name).content") { text += try block.text() }
        return text
    }

    private static func lines(_ parts: [String]) -> String { parts.filter { !$0.isEmpty }.joined(separator: "\n") }

    private static func unreadable(_ name: String, _ type: String) -> APIError {
        .notSupported(name, "'\(name)' is of type '\(type.echoed)', which is not supported: this model reads text.")
    }
}
