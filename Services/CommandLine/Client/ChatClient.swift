internal import Console
internal import Foundation
internal import NIOHTTP1
internal import TypedCalls

/// Talks to a router's REST front the way `minimax` needs it.
package struct ChatClient: Sendable {
    /// A question, and how it shall be answered.
    package struct Question: Sendable {
        let text: String
        let maxTokens: Int
        let temperature: Double
        let seed: Int?

        /// - Parameters:
        ///   - maxTokens: the longest answer.
        ///   - temperature: 0 for always the most probable token.
        ///   - seed: nil leaves it to the router.
        package init(text: String, maxTokens: Int, temperature: Double, seed: Int?) {
            self.text = text
            self.maxTokens = maxTokens
            self.temperature = temperature
            self.seed = seed
        }
    }

    /// The client that sends the requests, for those that are no chat.
    package let client: RESTClient

    private let headers: HTTPHeaders

    /// - Parameters:
    ///   - url: as `RESTClient` takes it; `/v1` may follow, as other clients want it.
    ///   - apiKey: sent with every request.
    package init(url: String, apiKey: String? = nil) throws {
        let root = url.hasSuffix("/") ? url.dropLast() : url[...]
        client = try RESTClient(url: root.hasSuffix("/v1") ? String(root.dropLast("/v1".count)) : url)
        headers = apiKey.map { ["authorization": "Bearer \($0)"] } ?? [:]
    }

    /// The name of the model that is served.
    ///
    /// - Throws: `RESTError` when there is no answer, `StartError` when it is not that of a model server.
    package func model(limits: RESTClient.Limits = .short) async throws -> String {
        struct Models: Decodable {
            struct Model: Decodable { var id: String }
            var data: [Model]
        }
        let answer = try await client.get("/v1/models", headers: headers, limits: limits)
        guard answer.status == 200 else { throw Self.refusal(answer.status, answer.body) }
        guard let id = try? JSONDecoder().decode(Models.self, from: Data(answer.body)).data.first?.id else {
            throw StartError("\(client.address) answers, but not as a model server does: \(answer.text.prefix(120))")
        }
        return id
    }

    /// Asks and hands over the answer's text as it comes.
    ///
    /// - Returns: the timing, if the server told the usage.
    /// - Throws: `RESTError` when there is no answer, `StartError` when it is a refusal or not whole; what `onText`
    ///   throws.
    package func ask(
        _ question: Question, model: String, onText: @Sendable (String) throws -> Void
    ) async throws -> ChatTiming? {
        let body = Array(try JSONEncoder().encode(ChatRequest(question, model: model)))
        let begin = ContinuousClock.now        // before the request: a server may send its head only after the prefill
        // Keep-alive comments come during a long prefill, so a long silence means that nobody is there any more.
        let limits = RESTClient.Limits(silence: .seconds(300))
        let path = "/v1/chat/completions"
        return try await client.request(.POST, path, headers: headers, body: body, limits: limits) { head, body in
            guard head.status == 200 else {
                var bytes: [UInt8] = []
                for try await piece in body { bytes += piece }
                throw Self.refusal(head.status, bytes)
            }
            var answer = ChatAnswer()
            for try await piece in body { try answer.take(piece, onText) }
            return try answer.timing(from: begin, to: .now)
        }
    }

    private static func refusal(_ status: Int, _ body: [UInt8]) -> StartError {
        struct Refusal: Decodable { var error: ChatChunk.Failure }
        let text =
            (try? JSONDecoder().decode(Refusal.self, from: Data(body)))?.error.message
            ?? String(String(decoding: body, as: UTF8.self).prefix(200))
        return StartError("the cluster answered \(status): \(text)")
    }
}

/// The stream of one answer, as far as it has come.
private struct ChatAnswer {
    private var events = ServerSentEvents()
    private var usage: ChatChunk.Usage?
    private var first: ContinuousClock.Instant?
    private var isDone = false

    /// Takes the next bytes of the stream; hands over the text in them.
    mutating func take(_ bytes: [UInt8], _ onText: (String) throws -> Void) throws {
        for event in try events.append(bytes) {
            guard event.data != "[DONE]" else { isDone = true; continue }
            let chunk = try Self.decode(event.data)
            if let failure = chunk.error { throw StartError("the cluster gave up: \(failure.message)") }
            usage = chunk.usage ?? usage
            guard let text = chunk.choices?.first?.delta?.content, !text.isEmpty else { continue }
            first = first ?? .now
            try onText(text)
        }
    }

    /// - Returns: nil where the server did not tell the usage.
    /// - Throws: `StartError` where the stream ended too early.
    func timing(from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) throws -> ChatTiming? {
        guard isDone else { throw StartError("the answer broke off before its end") }
        return usage.map { usage in
            ChatTiming(
                promptTokens: usage.prompt_tokens, answerTokens: usage.completion_tokens,
                secondsToFirst: ((first ?? end) - begin) / .seconds(1),
                secondsAfterFirst: (end - (first ?? end)) / .seconds(1))
        }
    }

    private static func decode(_ data: String) throws -> ChatChunk {
        do {
            return try JSONDecoder().decode(ChatChunk.self, from: Data(data.utf8))
        } catch {
            throw StartError("the cluster sent an event that is no chat completion: \(data.prefix(120))")
        }
    }
}

/// Field names are those of OpenAI's API.
private struct ChatRequest: Encodable {
    struct Message: Encodable { var role: String, content: String }
    struct StreamOptions: Encodable { var include_usage = true }
    var model: String
    var messages: [Message]
    var max_tokens: Int
    var temperature: Double
    var seed: Int?
    var stream = true
    var stream_options = StreamOptions()

    init(_ question: ChatClient.Question, model: String) {
        self.model = model
        messages = [Message(role: "user", content: question.text)]
        max_tokens = question.maxTokens
        temperature = question.temperature
        seed = question.seed
    }
}

private struct ChatChunk: Decodable {
    struct Delta: Decodable { var content: String? }
    struct Choice: Decodable { var delta: Delta? }
    struct Usage: Decodable { var prompt_tokens: Int, completion_tokens: Int }
    struct Failure: Decodable { var message: String }
    var choices: [Choice]?
    var usage: Usage?
    var error: Failure?
}
