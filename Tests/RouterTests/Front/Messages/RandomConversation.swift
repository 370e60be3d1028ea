import JSON
import TestSupport

/// A conversation of random turns, as a request for chat completions and as one in Anthropic's form.
struct RandomConversation {
    private var random: SplitMix64
    private var chatMessages: [JSONValue] = []
    private var turns: [JSONValue] = []
    private var system: JSONValue?
    private var tools: [(chat: JSONValue, messages: JSONValue)] = []
    private var calls = 0

    private static let texts = [
        "", "Hello", "größer 😀 漢字", "a\nb", "x<end_of_sentence>", "{\"a\": 1}", "functions.f()", " ", "```\n",
    ]
    private static let inputs: [JSONValue] = [
        [:], ["a": .int(1)], ["größe": "é😀\n", "list": [.number("1.50"), .null, true]], ["o": ["p": ["q": []]]],
    ]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        if chance(2) { addSystem() }
        for index in 0 ..< Int.random(in: 0 ... 2, using: &random) { addTool("tool_\(index)") }
        addUser(results: [])
        for _ in 0 ..< Int.random(in: 0 ... 4, using: &random) {
            let results = addAssistant()
            if !results.isEmpty || chance(3) { addUser(results: results) }
            if chance(4) { addSystemWithin() }
        }
        if case .string("assistant")? = turns.last?["role"] { addUser(results: []) }
    }

    /// The request for chat completions.
    var chat: JSONValue {
        ["messages": .array(chatMessages), "max_tokens": .int(9), "tools": .array(tools.map(\.chat))]
    }

    /// The request in Anthropic's form.
    var messages: JSONValue {
        [
            "system": system ?? .null, "messages": .array(turns), "max_tokens": .int(9),
            "tools": .array(tools.map(\.messages)),
        ]
    }

    private mutating func chance(_ count: Int) -> Bool { Int.random(in: 0 ..< count, using: &random) == 0 }

    private mutating func text() -> String { Self.texts.randomElement(using: &random) ?? "" }

    /// A text that is not empty.
    private mutating func words() -> String { text() + "w" }

    /// A text as a string, or in one to three blocks.
    private mutating func content(_ text: String) -> JSONValue {
        guard chance(2) else { return .string(text) }
        return .array(blocks(text))
    }

    private mutating func blocks(_ text: String) -> [JSONValue] {
        let scalars = Array(text.unicodeScalars), first = Int.random(in: 0 ... scalars.count, using: &random)
        let second = Int.random(in: first ... scalars.count, using: &random)
        return [scalars[..<first], scalars[first ..< second], scalars[second...]].map { part in
            ["type": "text", "text": .string(part.reduce(into: "") { $0.unicodeScalars.append($1) })]
        }
    }

    private mutating func addSystem() {
        let text = words()
        system = content(text)
        chatMessages.append(["role": "system", "content": .string(text)])
    }

    private mutating func addSystemWithin() {
        let text = words()
        turns.append(["role": "system", "content": content(text)])
        chatMessages.append(["role": "system", "content": .string(text)])
    }

    private mutating func addTool(_ name: String) {
        let description = words(), schema: JSONValue = ["type": "object", "properties": ["größe": ["type": "string"]]]
        let function: JSONValue = [
            "name": .string(name), "description": .string(description), "parameters": schema,
        ]
        tools.append(
            (
                ["type": "function", "function": function],
                [
                    "name": .string(name), "input_schema": schema, "description": .string(description),
                    "cache_control": ["type": "ephemeral"],
                ]
            ))
    }

    /// The results of calls, and text before, between and behind them.
    private mutating func addUser(results: [String]) {
        var content: [JSONValue] = []
        for id in results {
            if chance(3) {
                content += addText()
            }
            let text = text()
            content.append(
                ["type": "tool_result", "tool_use_id": .string(id), "content": self.content(text), "is_error": true])
            chatMessages.append(["role": "tool", "tool_call_id": .string(id), "content": .string(text)])
        }
        if results.isEmpty || chance(2) {
            content += addText()
        }
        turns.append(["role": "user", "content": .array(content)])
    }

    /// - Returns: its blocks.
    private mutating func addText() -> [JSONValue] {
        let text = words()
        chatMessages.append(["role": "user", "content": .string(text)])
        return blocks(text)
    }

    /// - Returns: the ids of its calls, in another order.
    private mutating func addAssistant() -> [String] {
        let text = text(), count = Int.random(in: 0 ... 2, using: &random)
        var content = blocks(text), chatCalls: [JSONValue] = [], ids: [String] = []
        for _ in 0 ..< count {
            calls += 1
            let id = "call \(calls)", input = Self.inputs.randomElement(using: &random) ?? [:]
            ids.append(id)
            content.append(["type": "tool_use", "id": .string(id), "name": "tool_0", "input": input])
            let function: JSONValue = ["name": "tool_0", "arguments": .string(input.text(.pythonDefault))]
            chatCalls.append(["id": .string(id), "type": "function", "function": function])
        }
        turns.append(["role": "assistant", "content": .array(content)])
        chatMessages.append(["role": "assistant", "content": .string(text), "tool_calls": .array(chatCalls)])
        return ids.shuffled(using: &random)
    }
}
