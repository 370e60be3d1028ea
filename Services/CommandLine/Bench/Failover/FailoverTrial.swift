internal import ClusterClient
internal import Console
internal import LocalCluster

/// One answer in the middle of which a host is lost. What is asked, which host is lost, and when, is random.
struct FailoverTrial: Sendable {
    let request: CompletionBody
    /// The number of the expert host that is killed, from 0.
    let victim: Int
    /// The host is killed after so many tokens …
    let tokensBefore: Int
    /// … and this share of the next step, so that it may happen at every moment of a step.
    let stepShare: Double

    init(_ tokens: BenchTokens, context: Int, answer: Int, hosts: Int, random: inout some RandomNumberGenerator) {
        request = tokens.request(context: context, tokens: answer, random: &random)
        victim = Int.random(in: 0 ..< hosts, using: &random)
        tokensBefore = Int.random(in: answer / 4 ... answer * 3 / 4, using: &random)
        stepShare = Double.random(in: 0 ..< 1, using: &random)
    }

    /// Asks twice, and kills the host in the middle of the second answer.
    ///
    /// - Parameter copies: how many holders everything has before that.
    /// - Throws: `StartError` when an answer is not whole, or ended too early.
    func run(on cluster: ClusterHandle, copies: Int) async throws -> FailoverRound {
        _ = try await PlanClient(cluster.admin).settledPlan(copies: copies)
        let watcher = AnswerWatcher(try RESTClient(url: cluster.url))
        let calm = try await watcher.watch(request)
        let step = ((calm.tokens.last ?? 0) - (calm.tokens.first ?? 0)) / Double(max(1, calm.tokens.count - 1))

        guard cluster.expertHosts.indices.contains(victim) else {
            throw StartError("the cluster has \(cluster.expertHosts.count) expert hosts, expected more than \(victim)")
        }
        let host = cluster.expertHosts[victim]
        let (moment, reached) = AsyncStream<Void>.makeStream()
        async let loss = lose(host, of: cluster, when: moment, after: .seconds(step * stepShare), watcher)
        let answer = try await watcher.watch(request) { [tokensBefore] count in
            if count >= tokensBefore { reached.yield() }
        }
        reached.finish()
        let lossTime = try await loss
        let isSameText = answer.text == calm.text
        guard let round = FailoverRound(tokens: answer.tokens, loss: lossTime, isSameText: isSameText) else {
            throw StartError("the answer had ended before the host was lost; ask for more --tokens")
        }
        return round
    }

    /// - Returns: when it was killed, in seconds of the watcher.
    private func lose(
        _ host: ClusterHandle.Child, of cluster: ClusterHandle, when moment: AsyncStream<Void>, after delay: Duration,
        _ watcher: AnswerWatcher
    ) async throws -> Double {
        for await _ in moment { break }
        try await Task.sleep(for: delay, tolerance: .zero)
        let now = watcher.now
        try cluster.destroy(host)
        return now
    }
}
