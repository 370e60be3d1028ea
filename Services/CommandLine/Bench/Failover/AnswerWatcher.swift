internal import ClusterClient
internal import Console
internal import NIOHTTP1

/// An answer as it came.
struct WatchedAnswer: Sendable, Equatable {
    /// When each token came, in seconds of the watcher.
    let tokens: [Double]
    let text: String
    /// How many tokens of the prompt were there already.
    var cached = 0
}

/// Asks a router for completions and notes what came when.
struct AnswerWatcher: Sendable {
    let client: RESTClient
    private let begin = ContinuousClock.now

    init(_ client: RESTClient) { self.client = client }

    /// Seconds since the watcher was made.
    var now: Double { (ContinuousClock.now - begin) / .seconds(1) }

    /// - Parameter onTokens: told how many there are, whenever more have come.
    /// - Throws: `StartError` when the answer is not whole and right.
    func watch(_ request: CompletionBody, onTokens: @Sendable (Int) -> Void = { _ in }) async throws -> WatchedAnswer {
        var follower = AnswerFollower(expected: request.tokensMax)
        let outcome: Outcome = try await client.request(
            .POST, "/v1/completions", body: request.json, limits: .init(silence: .seconds(300))
        ) { head, body in
            guard head.status == 200 else {
                return Outcome.failed("answered \(head.status): \(try await body.beginning(300))")
            }
            for try await piece in body {
                try follower.take(piece, at: now)
                onTokens(follower.tokens.count)
            }
            return follower.outcome
        }
        guard outcome == .ok else {
            throw StartError("\(client.address): \(outcome.reason ?? "the answer is not whole")")
        }
        return WatchedAnswer(tokens: follower.tokens, text: follower.text, cached: follower.cached)
    }
}
