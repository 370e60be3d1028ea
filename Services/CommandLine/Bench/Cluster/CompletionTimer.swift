internal import Cluster
internal import Foundation
internal import NIOHTTP1

/// Asks a router for completions and notes when each token came.
struct CompletionTimer: Sendable {
    /// Field names are those of OpenAI's API, and vLLM's `ignore_eos`.
    struct Request: Encodable, Sendable, Equatable {
        var prompt: [Int32]
        var max_tokens: Int
        var logit_bias: [String: Int]
        var frequency_penalty = 2.0
        var temperature = 0.0
        var stream = true
        var ignore_eos = true
    }

    /// When a request was sent, and when its tokens came.
    struct Times: Sendable {
        var sent: ContinuousClock.Instant
        var tokens: [ContinuousClock.Instant]
    }

    private struct Chunk: Decodable {
        struct Choice: Decodable { var text: String }
        struct Failure: Decodable { var message: String }
        var choices: [Choice]?
        var error: Failure?
    }

    let client: RESTClient

    /// Sends all `requests` at once. - Throws: `StartError` when one is refused, fails, or is not answered in single tokens.
    func run(_ requests: [Request]) async throws -> [Times] {
        try await withThrowingTaskGroup(of: Times.self) { tasks in
            for request in requests { tasks.addTask { try await run(request) } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    private func run(_ request: Request) async throws -> Times {
        let body = Array(try JSONEncoder().encode(request))
        let sent = ContinuousClock.now
        let tokens = try await client.request(.POST, "/v1/completions", body: body, limits: .init(silence: .seconds(300)), Self.tokenTimes)
        guard tokens.count == request.max_tokens else {
            throw StartError("\(client.address) answered with \(tokens.count) pieces of text, expected one for each of \(request.max_tokens) tokens")
        }
        return Times(sent: sent, tokens: tokens)
    }

    private static func tokenTimes(_ head: RESTClient.Head, _ body: RESTBody) async throws -> [ContinuousClock.Instant] {
        var times: [ContinuousClock.Instant] = []
        var events = ServerSentEvents()
        guard head.status == 200 else {
            var bytes: [UInt8] = []
            for try await piece in body { bytes += piece }
            throw StartError("the cluster answered \(head.status): \(String(decoding: bytes, as: UTF8.self).prefix(300))")
        }
        for try await piece in body {
            let now = ContinuousClock.now
            for event in try events.append(piece) where event.data != "[DONE]" {
                guard let chunk = try? JSONDecoder().decode(Chunk.self, from: Data(event.data.utf8)) else {
                    throw StartError("the cluster sent an event that is no completion: \(event.data.prefix(120))")
                }
                if let failure = chunk.error { throw StartError("the cluster gave up: \(failure.message)") }
                if chunk.choices?.first?.text.isEmpty == false { times.append(now) }
            }
        }
        return times
    }
}

extension [CompletionTimer.Times] {
    /// Seconds from the first request until each has its first token.
    var secondsToFirstTokens: Double {
        guard let begin = map(\.sent).min(), let end = compactMap(\.tokens.first).max() else { return .nan }
        return (end - begin) / .seconds(1)
    }

    /// Tokens a second, of all together, while every sequence was generating: from the last first token to the first last one.
    /// Nil where there was no such time.
    var decodeRate: Double? {
        guard let begin = compactMap(\.tokens.first).max(), let end = compactMap(\.tokens.last).min(), begin < end else { return nil }
        let tokens = reduce(0) { $0 + $1.tokens.count { begin < $0 && $0 <= end } }
        return Double(tokens) / ((end - begin) / .seconds(1))
    }
}
