internal import ClusterClient
internal import Console
internal import JSON

/// Follows the stream of one answer to a chat: no socket or clock in here.
struct ChatFollower {
    private var events = ServerSentEvents()
    private var first: Double?
    private var text = ""
    private var usage: TokenUsage?
    private var isDone = false

    /// Takes the next bytes of the stream.
    ///
    /// - Parameter seconds: since the request was sent.
    /// - Throws: `StartError` where they are no events of a chat, or tell that the cluster gave up.
    mutating func take(_ bytes: [UInt8], at seconds: Double) throws {
        for event in try events.append(bytes) {
            if event.data == "[DONE]" { isDone = true } else { try take(event.data, seconds) }
        }
    }

    private mutating func take(_ data: String, _ seconds: Double) throws {
        guard let chunk = try? JSONReader.read(Array(data.utf8)), case .object = chunk else {
            throw StartError("the cluster sent an event that is no chat completion: \(data.prefix(120))")
        }
        if let error = chunk["error"] {
            throw StartError("the cluster gave up: \((error["message"] ?? error).inWords)")
        }
        usage = chunk["usage"].flatMap { TokenUsage($0) } ?? usage
        guard case .array(let choices) = chunk["choices"],
            case .string(let piece)? = choices.first?["delta"]?["content"], !piece.isEmpty
        else { return }
        first = first ?? seconds
        text += piece
    }

    /// The whole answer, once its stream has ended.
    ///
    /// - Throws: `StartError` where something of it is missing.
    func reply() throws -> ChatReply {
        guard isDone else { throw StartError("the answer broke off before its end") }
        guard let first else { throw StartError("the answer has no text") }
        guard let usage else { throw StartError("the answer does not tell its usage") }
        return ChatReply(seconds: first, text: text, usage: usage)
    }
}

extension TokenUsage {
    /// - Parameter json: the `usage` of an answer.
    /// - Returns: nil where that is none; a server that does not tell what it reused has reused nothing.
    init?(_ json: JSONValue) {
        guard let prompt = json["prompt_tokens"]?.integer, let completion = json["completion_tokens"]?.integer else {
            return nil
        }
        let cached = json["prompt_tokens_details"]?["cached_tokens"]?.integer ?? 0
        self.init(prompt: prompt, cached: cached, completion: completion)
    }
}
