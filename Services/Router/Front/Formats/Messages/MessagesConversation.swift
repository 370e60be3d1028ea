internal import Chat
internal import JSON

/// Reads `system` and `messages` of a request in Anthropic's form.
struct MessagesConversation {
    private var messages: [ChatMessage] = []
    /// The function of each call so far, by the call's id.
    private var functions: [String: String] = [:]

    private init() {}

    static func read(_ fields: RequestFields) throws(APIError) -> [ChatMessage] {
        var conversation = Self()
        if let system = fields.value("system") { try conversation.addSystem(system, "system") }
        guard let value = fields.value("messages") else { throw .missing("messages") }
        guard case .array(let elements) = value else {
            throw .wrongType("messages", expected: "an array", found: value)
        }
        guard !elements.isEmpty else {
            throw .invalid(
                "messages", "Invalid 'messages': empty array. Expected at least one message.", code: "empty_array")
        }
        for (index, element) in elements.enumerated() { try conversation.add(element, "messages[\(index)]") }
        return conversation.messages
    }

    private mutating func add(_ message: JSONValue, _ name: String) throws(APIError) {
        guard case .object = message else { throw .wrongType(name, expected: "an object", found: message) }
        guard let role = try message.text("role", of: name) else { throw .missing("\(name).role") }
        let content = "\(name).content"
        switch role {
        case "user": try addUser(try MessagesBlock.read(message["content"], content))
        case "assistant": try addAssistant(try MessagesBlock.read(message["content"], content))
        case "system": try addSystem(message["content"], content)
        default:
            throw .invalid(
                "\(name).role",
                "Invalid '\(name).role': expected 'user', 'assistant' or 'system', but got '\(role.echoed)'.",
                code: "invalid_value")
        }
    }

    /// A message without a text is none.
    private mutating func addSystem(_ content: JSONValue?, _ name: String) throws(APIError) {
        var text = ""
        if case .string(let whole)? = content {
            text = BillingHeader.removed(from: whole)
        } else {
            for block in try MessagesBlock.read(content, name) {
                text += BillingHeader.removed(from: try block.text())
            }
        }
        if !text.isEmpty { messages.append(ChatMessage(role: "system", content: text)) }
    }

    /// Each result of a tool becomes a message, and so does what stands before, between and behind them.
    private mutating func addUser(_ blocks: [MessagesBlock]) throws(APIError) {
        var text = ""
        let before = messages.count
        for block in blocks {
            guard block.type == "tool_result" else {
                text += try block.text()
                continue
            }
            if !text.isEmpty { messages.append(ChatMessage(role: "user", content: text)) }
            text = ""
            messages.append(try result(block))
        }
        if !text.isEmpty || messages.count == before { messages.append(ChatMessage(role: "user", content: text)) }
    }

    /// The template names the function that a result comes from, Anthropic's API only its call. That the function
    /// failed (`is_error`), the template cannot say: the result's text does.
    private func result(_ block: MessagesBlock) throws(APIError) -> ChatMessage {
        let id = try block.required("tool_use_id")
        guard let function = functions[id] else {
            throw .invalid(
                "\(block.name).tool_use_id",
                """
                Invalid '\(block.name).tool_use_id': no message before it has a 'tool_use' with the id \
                '\(id.echoed)'.
                """,
                code: "invalid_value")
        }
        var text = ""
        if let content = block.json["content"], content != .null {
            for part in try MessagesBlock.read(content, "\(block.name).content") { text += try part.text() }
        }
        return ChatMessage(role: "function", content: text, name: function, callID: id)
    }

    private mutating func addAssistant(_ blocks: [MessagesBlock]) throws(APIError) {
        var message = ChatMessage(role: "assistant", content: "")
        for block in blocks {
            switch block.type {
            case "thinking": message.reasoning = (message.reasoning ?? "") + (try block.required("thinking"))
            case "redacted_thinking": break        // encrypted by another server, which alone can read it
            case "tool_use": message.calls.append(try call(block))
            default: message.content += try block.text()
            }
        }
        messages.append(message)
    }

    private mutating func call(_ block: MessagesBlock) throws(APIError) -> FunctionCall {
        let id = try block.required("id"), function = try block.required("name")
        try ChatCalls.checkName(function, "\(block.name).name")
        guard let input = block.json["input"], input != .null else { throw .missing("\(block.name).input") }
        guard case .object = input else {
            throw .wrongType("\(block.name).input", expected: "an object", found: input)
        }
        functions[id] = function
        return FunctionCall(id: id, name: function, arguments: ToolInput.arguments(input))
    }
}

/// What some releases of Claude Code put before their instructions, for their own server: a line that is another one in
/// each conversation, so that no two prompts would begin alike.
enum BillingHeader {
    private static let name = "x-anthropic-billing-header:"

    private static func begins(_ text: String) -> Bool { text.utf8.starts(with: name.utf8) }

    /// A text without the header, which is a name and fields `name=value;`, and whatever follows stays.
    static func removed(from text: String) -> String {
        guard begins(text) else { return text }
        var rest = text.dropFirst(name.count)
        while let end = rest.firstIndex(of: ";"), isField(rest[..<end]) { rest = rest[rest.index(after: end)...] }
        return String(rest)
    }

    private static func isField(_ text: Substring) -> Bool {
        let parts = text.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[1].contains(where: \.isNewline)
            && parts[0].allSatisfy { $0.isLetter || $0 == "_" }
    }
}
