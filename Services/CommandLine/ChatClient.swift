internal import Cluster
internal import Foundation
internal import NIOHTTP1

/// Talks to a router's REST front the way `minimax` needs it.
struct ChatClient: Sendable {
    /// How long an answer took, in seconds and tokens as the server counted them.
    struct Timing: Sendable, Equatable {
        var promptTokens: Int
        var answerTokens: Int
        var secondsToFirst: Double
        var secondsAfterFirst: Double

        /// One line: prefill and decode speed. The first token belongs to the prefill.
        var line: String {
            func rate(_ tokens: Int, _ seconds: Double) -> String { seconds > 0 && tokens > 0 ? oneDecimal(Double(tokens) / seconds) : "–" }
            return "prompt \(promptTokens) tokens, prefill \(rate(promptTokens, secondsToFirst)) tokens/s; "
                + "answer \(answerTokens) tokens, decode \(rate(answerTokens - 1, secondsAfterFirst)) tokens/s; "
                + "\(oneDecimal(secondsToFirst + secondsAfterFirst)) s in all"
        }
    }

    struct Question: Sendable {
        var text: String
        var maxTokens: Int
        var temperature: Double
        var seed: Int?
    }

    let client: RESTClient

    private let headers: HTTPHeaders

    /// - Parameters:
    ///   - url: as `RESTClient` takes it; `/v1` may follow, as other clients want it.
    ///   - apiKey: sent with every request.
    init(url: String, apiKey: String? = nil) throws {
        let root = url.hasSuffix("/") ? url.dropLast() : url[...]
        client = try RESTClient(url: root.hasSuffix("/v1") ? String(root.dropLast("/v1".count)) : url)
        headers = apiKey.map { ["authorization": "Bearer \($0)"] } ?? [:]
    }

    /// The name of the model that is served.
    func model(limits: RESTClient.Limits = .short) async throws -> String {
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
    func ask(_ question: Question, model: String, onText: @Sendable (String) throws -> Void) async throws -> Timing? {
        let body = try JSONEncoder().encode(
            ChatRequest(
                model: model, messages: [.init(role: "user", content: question.text)], max_tokens: question.maxTokens,
                temperature: question.temperature, seed: question.seed))
        let begin = ContinuousClock.now         // before the request: a server may send its head only when the prefill is done
        // Keep-alive comments come during a long prefill, so a long silence means that nobody is there any more.
        return try await client.request(.POST, "/v1/chat/completions", headers: headers, body: Array(body), limits: .init(silence: .seconds(300))) { head, body in
            guard head.status == 200 else {
                var bytes: [UInt8] = []
                for try await piece in body { bytes += piece }
                throw Self.refusal(head.status, bytes)
            }
            var events = ServerSentEvents()
            var usage: ChatChunk.Usage?
            var first: ContinuousClock.Instant?
            var isDone = false
            for try await piece in body {
                for event in try events.append(piece) {
                    guard event.data != "[DONE]" else { isDone = true; continue }
                    let chunk = try Self.decode(event.data)
                    if let failure = chunk.error { throw StartError("the cluster gave up: \(failure.message)") }
                    usage = chunk.usage ?? usage
                    guard let text = chunk.choices?.first?.delta?.content, !text.isEmpty else { continue }
                    first = first ?? .now
                    try onText(text)
                }
            }
            guard isDone else { throw StartError("the answer broke off before its end") }
            guard let usage else { return nil }
            let end = ContinuousClock.now
            return Timing(
                promptTokens: usage.prompt_tokens, answerTokens: usage.completion_tokens,
                secondsToFirst: ((first ?? end) - begin) / .seconds(1), secondsAfterFirst: (end - (first ?? end)) / .seconds(1))
        }
    }

    private static func decode(_ data: String) throws -> ChatChunk {
        do {
            return try JSONDecoder().decode(ChatChunk.self, from: Data(data.utf8))
        } catch {
            throw StartError("the cluster sent an event that is no chat completion: \(data.prefix(120))")
        }
    }

    private static func refusal(_ status: Int, _ body: [UInt8]) -> StartError {
        struct Refusal: Decodable { var error: ChatChunk.Failure }
        let text = (try? JSONDecoder().decode(Refusal.self, from: Data(body)))?.error.message
            ?? String(String(decoding: body, as: UTF8.self).prefix(200))
        return StartError("the cluster answered \(status): \(text)")
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
