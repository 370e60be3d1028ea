internal import ClusterClient
internal import Console
internal import TerminalOutput

/// Finds how many requests a second a cluster can answer at most: many clients, each sending its next request when the
/// last is answered.
struct CapacityMeter: Sendable {
    let client: RESTClient
    let tokens: BenchTokens
    let recipe: LoadRecipe
    let streams: Int
    let seconds: Double

    /// What comes before is not counted: the first prompts are all read at once.
    private static let warmUp = 0.25

    /// - Throws: `StartError` when a request fails, or no token comes in time.
    func requestsPerSecond() async throws -> Double {
        let client = LoadClient(client, tokens: tokens, begin: .now)
        let records = await withTaskGroup(of: [RequestRecord].self) { tasks in
            for stream in 0 ..< streams { tasks.addTask { await stayBusy(stream, client) } }
            tasks.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return []
            }
            var found = await tasks.next() ?? []        // time is up, or a stream has failed
            tasks.cancelAll()
            for await others in tasks { found += others }
            return found
        }
        try Task.checkCancellation()
        return try Self.requestsPerSecond(
            records, from: seconds * Self.warmUp, to: seconds, meanAnswerTokens: recipe.meanAnswerTokens)
    }

    /// Tokens are counted, since few answers may end in the time: `from` and `to` are seconds.
    static func requestsPerSecond(
        _ records: [RequestRecord], from: Double, to: Double, meanAnswerTokens: Double
    ) throws(StartError) -> Double {
        if let reason = records.lazy.compactMap(\.outcome.reason).first {
            throw StartError("the capacity cannot be measured: \(reason)")
        }
        let count = records.reduce(0) { $0 + $1.tokens.count { from < $0 && $0 <= to } }
        guard count > 0 else {
            throw StartError(
                "no token came within \(oneDecimal(to)) s; give more --capacity-seconds, or fewer --streams")
        }
        return Double(count) / (to - from) / meanAnswerTokens
    }

    /// Sends one request after the other until the task is cancelled or one fails.
    private func stayBusy(_ stream: Int, _ client: LoadClient) async -> [RequestRecord] {
        var random = SplitMix64(seed: recipe.seed &+ UInt64(stream) &* 0x1_0001)
        var records: [RequestRecord] = []
        while !Task.isCancelled {
            var item = recipe.item(at: 0, &random)
            item.behaviour = .reads
            // So that not all answers of the beginning end at the same time.
            if records.isEmpty { item.answerTokens = Int.random(in: 1 ... item.answerTokens, using: &random) }
            let record = await client.send(item)
            records.append(record)
            if record.outcome.reason != nil { break }
            // The queue is full.
            if [.tooMany, .unavailable].contains(record.outcome) { try? await Task.sleep(for: .milliseconds(200)) }
        }
        return records
    }
}
