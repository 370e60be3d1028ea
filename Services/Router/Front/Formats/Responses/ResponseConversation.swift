internal import Chat
internal import JSON

/// Makes the messages of a chat of the items of responses.
struct ResponseConversation {
    private(set) var messages: [ChatMessage] = []
    /// The function of each call so far, by the call's id.
    private var functions: [String: String] = [:]
    /// What the assistant thought before what it says next.
    private var reasoning = ""

    /// - Parameters:
    ///   - instructions: come first.
    ///   - name: what the client calls the items, of which the first `earlier` are not in its request.
    init(
        _ items: [ResponseItem], instructions: String?, earlier: Int = 0, named name: String = "input"
    ) throws(APIError) {
        if let instructions { messages.append(ChatMessage(role: "system", content: instructions)) }
        for (index, item) in items.enumerated() {
            try add(item, index < earlier ? name : "\(name)[\(index - earlier)]")
        }
    }

    private mutating func add(_ item: ResponseItem, _ name: String) throws(APIError) {
        switch item.content {
        case .reasoning(let texts, let summary): reasoning += (texts.isEmpty ? summary : texts).joined(separator: "\n")
        case .message(role: "assistant", let parts): answer(Self.text(parts))
        case .message(let role, let parts):
            reasoning = ""
            messages.append(ChatMessage(role: role == "user" ? "user" : "system", content: Self.text(parts)))
        case .call(let call):
            // Text and calls of one answer are one message.
            if messages.last?.role != "assistant" || !reasoning.isEmpty { answer("") }
            let function = ResponseTools.visibleName(call.name, in: call.namespace)
            functions[call.id] = function
            messages[messages.count - 1].calls.append(
                FunctionCall(id: call.id, name: function, arguments: call.arguments))
        case .result(let callID, let output):
            guard let function = functions[callID] else {
                throw .invalid(
                    name, "No tool call found for function call output with call_id \(callID.echoed).",
                    code: "invalid_value")
            }
            messages.append(
                ChatMessage(role: "function", content: Self.text(ofResult: output), name: function, callID: callID))
        }
    }

    private mutating func answer(_ text: String) {
        messages.append(
            ChatMessage(role: "assistant", content: text, reasoning: reasoning.isEmpty ? nil : reasoning))
        reasoning = ""
    }

    private static func text(_ parts: [ResponseItem.Part]) -> String { parts.map(\.text).joined() }

    private static func text(ofResult output: JSONValue) -> String {
        switch output {
        case .string(let text): text
        case .array(let parts):
            parts.map { if case .string(let text)? = $0["text"] { text } else { "" } }.joined()
        default: ""        // reading lets nothing else in
        }
    }
}

extension [ChatMessage] {
    /// Where the conversation may begin if something is left out at its beginning: the system messages it begins with
    /// always stay, and no result stands without its call.
    ///
    /// - Returns: for each number of messages that may be left out, in ascending order, that number.
    var cuts: [Int] {
        let instructions = prefix { $0.role == "system" }.count
        // The last message is what is asked.
        return (instructions ..< Swift.max(instructions, count - 1)).map { $0 - instructions + 1 }.filter {
            instructions + $0 < count && self[instructions + $0].role != "function"
        }
    }

    /// Without the `cut` messages behind the instructions.
    func leavingOut(_ cut: Int) -> [ChatMessage] {
        let instructions = prefix { $0.role == "system" }
        return Array(instructions) + dropFirst(instructions.count + cut)
    }
}
