internal import AdminMessages
internal import ClusterClient
internal import Console
internal import LocalCluster
internal import TerminalOutput

/// One answer in the middle of which a process is lost. What is asked, which process is lost, and when, is random.
struct FailoverTrial: Sendable {
    let request: CompletionBody
    /// The number of the process that is killed, from 0, among those that may be.
    let victim: Int
    /// The process is killed after so many tokens …
    let tokensBefore: Int
    /// … and this share of the next step, so that it may happen at every moment of a step.
    let stepShare: Double
    /// Prompts as long as the first one and its answer, of which nothing is kept.
    let unknown: [CompletionBody]

    /// The median of so many readings counts.
    private static let readings = 3

    init(_ tokens: BenchTokens, context: Int, answer: Int, hosts: Int, random: inout some RandomNumberGenerator) {
        request = tokens.request(context: context, tokens: answer, random: &random)
        victim = Int.random(in: 0 ..< hosts, using: &random)
        tokensBefore = Int.random(in: answer / 4 ... answer * 3 / 4, using: &random)
        stepShare = Double.random(in: 0 ..< 1, using: &random)
        unknown = (0 ..< Self.readings).map { _ in
            tokens.request(context: context + answer, tokens: 1, random: &random)
        }
    }

    /// Asks twice, and kills a process in the middle of the second answer.
    ///
    /// - Parameter copies: how many holders everything has before that.
    /// - Throws: `StartError` when an answer is not whole, or ended too early.
    func run(on cluster: ClusterHandle, losing loss: Loss, copies: Int) async throws -> FailoverRound {
        _ = try await PlanClient(cluster.admin).settledPlan(copies: copies)
        let watcher = AnswerWatcher(try RESTClient(url: cluster.url))
        let calm = try await watcher.watch(request)
        let step = ((calm.tokens.last ?? 0) - (calm.tokens.first ?? 0)) / Double(max(1, calm.tokens.count - 1))

        let (moment, reached) = AsyncStream<Void>.makeStream()
        async let lost = lose(loss, of: cluster, when: moment, after: .seconds(step * stepShare), watcher)
        let answer = try await watcher.watch(request) { [tokensBefore] count in
            if count >= tokensBefore { reached.yield() }
        }
        reached.finish()
        let lossTime = try await lost
        let known = request.prompt.count + answer.tokens.count { $0 <= lossTime }
        let reading = loss == .attention ? try await timeToRead(known, watcher) : nil
        let isSameText = answer.text == calm.text
        guard
            let round = FailoverRound(
                tokens: answer.tokens, loss: lossTime, isSameText: isSameText, reading: reading)
        else { throw StartError("the answer had ended before anything was lost; ask for more --tokens") }
        return round
    }

    /// - Returns: when it was killed, in seconds of the watcher.
    private func lose(
        _ loss: Loss, of cluster: ClusterHandle, when moment: AsyncStream<Void>, after delay: Duration,
        _ watcher: AnswerWatcher
    ) async throws -> Double {
        for await _ in moment { break }
        let child = try await victim(loss, of: cluster)
        try await Task.sleep(for: delay, tolerance: .zero)
        let now = watcher.now
        try cluster.destroy(child)
        return now
    }

    private func victim(_ loss: Loss, of cluster: ClusterHandle) async throws -> ClusterHandle.Child {
        let candidates =
            switch loss {
            case .expertHost: cluster.expertHosts
            case .attention: try await attention(of: cluster)
            }
        guard !candidates.isEmpty else {
            throw StartError("no attention service had the answer; ask for more --tokens")
        }
        return candidates[victim % candidates.count]
    }

    /// The attention services that the answer lives on.
    private func attention(of cluster: ClusterHandle) async throws -> [ClusterHandle.Child] {
        let names = try await PlanClient(cluster.admin).plan().value.attention.busiest.map(\.name)
        return cluster.attentionHosts.filter { names.contains($0.name) }
    }

    /// The time to the first token of a prompt of so many tokens, of which nothing is kept, in seconds.
    private func timeToRead(_ count: Int, _ watcher: AnswerWatcher) async throws -> Double {
        var seconds: [Double] = []
        for var request in unknown {
            request.prompt = Array(request.prompt.prefix(count))
            let begin = watcher.now
            let first = try await watcher.watch(request).tokens.first
            seconds.append((first ?? .nan) - begin)
        }
        return median(seconds)
    }
}
