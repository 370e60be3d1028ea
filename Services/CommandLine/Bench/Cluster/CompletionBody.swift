internal import Console

/// What a request for a completion asks for. Field names on the wire are those of OpenAI's API, vLLM's `ignore_eos`,
/// llama.cpp's `cache_prompt`, and our own.
struct CompletionBody: Sendable, Equatable {
    var prompt: [Int32]
    var tokensMax: Int
    /// The tokens that an answer may consist of.
    var choice: [Int32]
    /// `low`, `normal` or `high`; nil leaves it to the router.
    var priority: String?
    /// The session that the prompt goes on with; nil: none.
    var session: String?
    /// Whether it may begin from what is kept of its prompt.
    var reusesPrefix = true

    /// Greedy, streamed, with the usage at its end. The penalty leads a model of random weights, which would repeat one
    /// token and its experts for ever, through all the choice.
    var json: [UInt8] {
        var text = "{\"prompt\":["
        text.reserveCapacity(7 * prompt.count + 14 * choice.count + 256)
        for (index, id) in prompt.enumerated() { text += index == 0 ? "\(id)" : ",\(id)" }
        text += "],\"logit_bias\":{"
        for (index, id) in choice.enumerated() { text += index == 0 ? "\"\(id)\":100" : ",\"\(id)\":100" }
        text += "},\"max_tokens\":\(tokensMax),\"frequency_penalty\":2,\"temperature\":0,\"ignore_eos\":true"
        if let priority { text += ",\"priority\":\(jsonString(priority))" }
        if let session { text += ",\"session_id\":\(jsonString(session))" }
        if !reusesPrefix { text += ",\"cache_prompt\":false" }
        text += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"
        return Array(text.utf8)
    }
}
