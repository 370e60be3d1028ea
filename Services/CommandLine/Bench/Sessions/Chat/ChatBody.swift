internal import JSON

/// One message of a chat.
struct ChatMessage: Sendable, Equatable {
    enum Role: String, Sendable { case system, user, assistant }

    var role: Role
    var text: String
}

/// A chat that asks for its next message. Field names on the wire are those of OpenAI's API, and vLLM's `ignore_eos`.
struct ChatBody: Sendable, Equatable {
    var messages: [ChatMessage]
    var tokensMax: Int
    /// The tokens that an answer may consist of.
    var choice: [Int32]

    /// Greedy, streamed, with the usage at its end. The penalty leads a model of random weights through all the choice.
    var json: [UInt8] {
        let messages = messages.map { message -> JSONValue in
            ["role": .string(message.role.rawValue), "content": .string(message.text)]
        }
        let bias = choice.map { JSONValue.Member(name: "\($0)", value: 100) }
        let body: JSONValue = [
            "messages": .array(messages), "logit_bias": .object(bias), "max_tokens": .int(tokensMax),
            "frequency_penalty": 2, "temperature": 0, "ignore_eos": true, "stream": true,
            "stream_options": ["include_usage": true],
        ]
        return Array(body.text().utf8)
    }
}
