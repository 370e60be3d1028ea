internal import ClusterClient
internal import NIOHTTP1

/// The clients of a load: sends its requests and notes what became of each.
struct LoadClient: Sendable {
    let client: RESTClient
    let tokens: BenchTokens
    let begin: ContinuousClock.Instant

    private static let silence = Duration.seconds(600)
    /// How long a slow reader waits before each piece.
    private static let pause = Duration.milliseconds(250)
    /// A slow reader's receive buffer is so small that the sender notices it.
    private static let slowReaderBufferBytes = 4096

    init(_ client: RESTClient, tokens: BenchTokens, begin: ContinuousClock.Instant) {
        self.client = client
        self.tokens = tokens
        self.begin = begin
    }

    /// Seconds since the beginning.
    private var now: Double { (ContinuousClock.now - begin) / .seconds(1) }

    /// Sends one request now, and follows its answer to the end.
    func send(_ item: LoadItem) async -> RequestRecord {
        guard case .leavesAfterSeconds(let seconds) = item.behaviour else { return await answered(item) }
        return await withTaskGroup(of: RequestRecord?.self) { tasks in
            tasks.addTask { await answered(item) }
            tasks.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return nil
            }
            if let record = await tasks.next() ?? nil { tasks.cancelAll(); return record }
            tasks.cancelAll()
            return await tasks.next().flatMap(\.self)
                ?? RequestRecord(
                    item: item, sent: now, ended: now, outcome: .hungUp)
        }
    }

    private func answered(_ item: LoadItem) async -> RequestRecord {
        var client = client
        if item.behaviour == .readsSlowly { client.receiveBufferBytes = Self.slowReaderBufferBytes }
        var random = SplitMix64(seed: item.seed)
        var body = tokens.request(context: item.promptTokens, tokens: item.answerTokens, random: &random)
        body.priority = item.priority?.rawValue
        let headers: HTTPHeaders = item.key.map { ["authorization": "Bearer \($0)"] } ?? [:]
        let bytes = body.json
        var follower = AnswerFollower(expected: item.answerTokens)
        let sent = now
        let outcome: Outcome
        do {
            outcome = try await client.request(
                .POST, "/v1/completions", headers: headers, body: bytes, limits: .init(silence: Self.silence)
            ) { head, body in
                guard head.status == 200 else { return try await Self.refusal(head, body) }
                return try await follow(body, item.behaviour, &follower)
            }
        } catch {
            // Nobody but us cancels, which is hanging up.
            outcome = Task.isCancelled ? .hungUp : .failed("\(error)")
        }
        return RequestRecord(item: item, sent: sent, tokens: follower.tokens, ended: now, outcome: outcome)
    }

    private func follow(
        _ body: RESTBody, _ behaviour: LoadItem.Behaviour, _ follower: inout AnswerFollower
    ) async throws -> Outcome {
        for try await piece in body {
            if behaviour == .readsSlowly { try await Task.sleep(for: Self.pause) }
            try follower.take(piece, at: now)
            if case .leavesAfterTokens(let count) = behaviour, follower.tokens.count >= count { return .hungUp }
        }
        return follower.outcome
    }

    private static func refusal(_ head: RESTClient.Head, _ body: RESTBody) async throws -> Outcome {
        switch head.status {
        case 429: .tooMany
        case 503: .unavailable
        default: .failed("answered \(head.status): \(try await body.beginning(200))")
        }
    }
}
