internal import ClusterClient
internal import LocalCluster
internal import TerminalOutput

/// Requests with random prompts, of which nothing can be reused, to two clusters in turns: one keeps states, one does
/// not.
struct OverheadTrial: Sendable {
    let model: SessionModel
    let cluster: ClusterOptions
    let context: Int
    let rounds: Int
    let seed: UInt64

    private static let decodeContext = 512, decodeTokens = 128, prefillTokens = 4096

    func run(_ status: ProgressDisplay) async throws -> OverheadFigures {
        try await withCluster(reuse: "on") { on in
            try await withCluster(reuse: "off") { off in try await measure(on: on, off: off, status) }
        }
    }

    private func withCluster<Result: Sendable>(
        reuse: String, _ work: @escaping @Sendable (ClusterBench) async throws -> Result
    ) async throws -> Result {
        let flags = BatchOptions.routerFlags(batch: CountList(1)) + ["--prefix-reuse", reuse]
        return try await cluster.withTemporaryCluster(
            model.bench.folder, routerFlags: flags, title: "Overhead: starting a cluster with --prefix-reuse \(reuse)"
        ) { try await work(try model.bench.served(at: $0.url, by: $0.children)) }
    }

    /// Who comes first changes from round to round; the first round, which brings the weights into memory, is not
    /// counted.
    private func measure(
        on: ClusterBench, off: ClusterBench, _ status: ProgressDisplay
    ) async throws -> OverheadFigures {
        var figures = OverheadFigures()
        for round in 0 ... rounds {
            status.show(round == 0 ? "overhead: warming up" : "overhead: round \(round) of \(rounds)")
            // Both get the same prompts.
            let seed = seed &+ UInt64(round)
            var found: [Bool: OverheadFigures.Rates] = [:]
            for isOn in round.isMultiple(of: 2) ? [true, false] : [false, true] {
                found[isOn] = try await rates(isOn ? on : off, seed: seed)
            }
            guard round > 0, let ratesOn = found[true], let ratesOff = found[false] else { continue }
            figures.on.append(ratesOn)
            figures.off.append(ratesOff)
        }
        status.clear()
        return figures
    }

    private func rates(_ bench: ClusterBench, seed: UInt64) async throws -> OverheadFigures.Rates {
        var random = SplitMix64(seed: seed)
        let prompt = min(Self.prefillTokens, context)
        let item = BatchOptions.Case(context: min(Self.decodeContext, context), batch: 1)
        let decode = try await bench.decodeRate(item, tokens: Self.decodeTokens, random: &random)
        let request = bench.tokens.request(context: prompt, tokens: 1, random: &random)
        let seconds = try await bench.timer.run([request]).secondsToFirstTokens
        return OverheadFigures.Rates(decode: decode, prefill: Double(prompt) / seconds)
    }
}
