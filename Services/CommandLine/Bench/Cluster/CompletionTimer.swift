internal import ClusterClient
internal import Console
internal import NIOHTTP1

/// Asks a router for completions and notes when each token came.
struct CompletionTimer: Sendable {
    /// When a request was sent, and when its tokens came.
    struct Times: Sendable {
        var sent: ContinuousClock.Instant
        var tokens: [ContinuousClock.Instant]
    }

    let client: RESTClient

    /// Sends all `requests` at once.
    ///
    /// - Parameter sideBySide: hangs up on all once each has brought so many tokens since the last of them had its
    ///   first; nil waits for the answers' ends.
    /// - Parameter onAllBegun: called when the last of them has its first token.
    /// - Throws: `StartError` when one is refused, fails, or is not answered in single tokens.
    func run(
        _ requests: [CompletionBody], sideBySide: Int? = nil, onAllBegun: @escaping @Sendable () -> Void = {}
    ) async throws -> [Times] {
        let group = sideBySide.map { SideBySide(streams: requests.count, tokens: $0, onAllBegun: onAllBegun) }
        return try await withThrowingTaskGroup(of: Times.self) { tasks in
            for (stream, request) in requests.enumerated() {
                tasks.addTask { try await run(request) { group?.note(stream: stream, isFirst: $0) ?? false } }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    /// - Parameter hangsUp: told of each token whether it is the answer's first; says whether it is enough.
    private func run(_ request: CompletionBody, _ hangsUp: @Sendable (Bool) -> Bool) async throws -> Times {
        let body = request.json
        let sent = ContinuousClock.now
        let (tokens, isWhole) = try await client.request(
            .POST, "/v1/completions", body: body, limits: .init(silence: .seconds(300))
        ) { head, body in
            try await Self.tokenTimes(head, body, hangsUp)
        }
        guard tokens.count == request.tokensMax || !isWhole else {
            throw StartError(
                "\(client.address) answered with \(tokens.count) pieces of text, "
                    + "expected one for each of \(request.tokensMax) tokens")
        }
        return Times(sent: sent, tokens: tokens)
    }

    private static func tokenTimes(
        _ head: RESTClient.Head, _ body: RESTBody, _ hangsUp: (Bool) -> Bool
    ) async throws -> (times: [ContinuousClock.Instant], isWhole: Bool) {
        guard head.status == 200 else {
            throw StartError("the cluster answered \(head.status): \(try await body.beginning(300))")
        }
        var times: [ContinuousClock.Instant] = []
        var events = ServerSentEvents()
        for try await piece in body {
            let now = ContinuousClock.now
            for event in try events.append(piece) where event.data != "[DONE]" {
                guard let chunk = CompletionChunk(event.data) else {
                    throw StartError("the cluster sent an event that is no completion: \(event.data.prefix(120))")
                }
                if let failure = chunk.failure { throw StartError("the cluster gave up: \(failure)") }
                guard chunk.isToken else { continue }
                times.append(now)
                if hangsUp(times.count == 1) { return (times, false) }
            }
        }
        return (times, true)
    }
}

extension [CompletionTimer.Times] {
    /// Seconds from the first request until each has its first token.
    var secondsToFirstTokens: Double {
        guard let begin = map(\.sent).min(), let end = compactMap(\.tokens.first).max() else { return .nan }
        return (end - begin) / .seconds(1)
    }

    /// Tokens a second, of all together, while every sequence was generating: from the last first token to the first
    /// last one. Nil where there was no such time.
    var decodeRate: Double? {
        guard let begin = compactMap(\.tokens.first).max(), let end = compactMap(\.tokens.last).min(), begin < end
        else {
            return nil
        }
        let tokens = reduce(0) { $0 + $1.tokens.count { begin < $0 && $0 <= end } }
        return Double(tokens) / ((end - begin) / .seconds(1))
    }
}
