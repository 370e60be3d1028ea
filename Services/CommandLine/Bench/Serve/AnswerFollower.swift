internal import ClusterClient

/// Follows the stream of one answer and judges its ending: no socket or clock in here.
struct AnswerFollower {
    /// How many tokens were asked for.
    let expected: Int
    /// When each token came, in seconds.
    private(set) var tokens: [Double] = []
    private(set) var text = ""
    /// How many tokens of the prompt need not be computed; 0 while the server has not told.
    private(set) var cached = 0
    private var events = ServerSentEvents()
    private var finishReason: String?
    private var counted: Int?
    private var isDone = false
    private var trouble: Outcome?

    init(expected: Int) { self.expected = expected }

    /// Takes the next bytes of the stream. - Throws: `ServerSentEvents.TooLong`.
    mutating func take(_ bytes: [UInt8], at time: Double) throws {
        for event in try events.append(bytes) {
            if event.data == "[DONE]" { isDone = true } else { take(event.data, time) }
        }
    }

    private mutating func take(_ data: String, _ time: Double) {
        guard let chunk = CompletionChunk(data) else {
            trouble = trouble ?? .wrongEnding("an event is no completion: \(data.prefix(120))")
            return
        }
        if let failure = chunk.failure { trouble = trouble ?? .failed("the stream gave up: \(failure)") }
        if isDone { trouble = trouble ?? .wrongEnding("an event follows [DONE]") }
        if chunk.isToken { tokens.append(time) }
        text += chunk.text
        finishReason = chunk.finishReason ?? finishReason
        counted = chunk.completionTokens ?? counted
        cached = chunk.cachedTokens ?? cached
    }

    /// What the answer is once its stream has ended in order.
    var outcome: Outcome {
        if let trouble { return trouble }
        guard isDone else { return .wrongEnding("the stream ended without [DONE]") }
        guard finishReason == "length" else {
            return .wrongEnding("finish_reason is \(finishReason ?? "missing"), expected length")
        }
        guard counted == expected else {
            return .wrongEnding("the usage counts \(counted.map { "\($0)" } ?? "no") tokens, expected \(expected)")
        }
        guard tokens.count == expected else {
            return .wrongEnding("\(tokens.count) pieces of text came, expected \(expected)")
        }
        return .ok
    }
}
