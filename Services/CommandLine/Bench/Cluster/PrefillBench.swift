internal import ArgumentParser
internal import Cluster

/// How fast a cluster reads prompts, and how much of the arithmetic peak that takes.
struct PrefillBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prefill",
        abstract: "Measure the reading of prompts through a whole cluster, by REST: tokens a second, and the share of the peak.",
        discussion: """
            Counted is the time from the request to its first token. A token takes two operations for each active parameter, and those of \
            lightning and softmax attention. The peak, of multiply-adds or with --arithmetic fast of dot products, is measured before, \
            between and after the runs, while the cluster is idle.
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var cluster: ClusterBenchOptions

    private var contexts: [Int] { (cluster.context ?? TokenCounts(2048)).counts }

    func run() async throws {
        let measurements = try await ClusterBench.run(cluster) { try await measure($0) }
        print(BenchReport(cluster.machine, measurements).text(json: options.json))
    }

    private func measure(_ bench: ClusterBench) async throws -> [Measurement] {
        var meter = try CeilingMeter(threads: cluster.threads, peak: cluster.kernels.peak(bench.weights.expertType, cluster.arithmetic))
        var random = SplitMix64(seed: cluster.seed)
        var samples = Samples()
        let status = StatusLine()
        for round in 0...options.rounds {           // the first is not counted: it brings the weights into memory
            for context in round == 0 ? Array(contexts.prefix(1)) : contexts {
                status.show(round == 0 ? "warming up, context \(context)" : "round \(round) of \(options.rounds), context \(context)")
                try await meter.measure()
                let requests = (0 ..< cluster.batch).map { _ in bench.tokens.request(context: context, tokens: 1, random: &random) }
                let seconds = try await bench.timer.run(requests).secondsToFirstTokens
                if round > 0 { samples.add(seconds, to: "\(context)") }
            }
        }
        try await meter.measure()
        status.clear()
        let operations = PrefillOperations(config: bench.config, weights: bench.weights)
        return contexts.map { context in
            PrefillFigures(
                what: cluster.name("prefill", bench.weights), context: context, batch: cluster.batch, seconds: samples["\(context)"],
                operations: operations.total(tokens: context), peak: meter.operations)
        }.measurements
    }
}

/// What reading prompts of one length came to.
struct PrefillFigures: Sendable {
    /// As `prefill.bf16.exact`.
    let what: String
    let context: Int
    let batch: Int
    /// Until each sequence had its first token.
    let seconds: Double
    /// Of one prompt.
    let operations: Double
    /// Operations a second.
    let peak: Double

    private var name: String { "\(what).context\(context).batch\(batch)" }
    private var tokens: Double { Double(context * batch) }

    var speed: Measurement {
        Measurement(name: name, value: tokens / seconds, unit: "tokens/s", ceiling: peak / operations * Double(context))
    }
    var arithmetic: Measurement {
        Measurement(name: "\(name).arithmetic", value: operations * Double(batch) / seconds / 1e9, unit: "GFLOP/s", ceiling: peak / 1e9)
    }
    var secondsPerToken: Double { seconds / tokens }
    var time: Measurement { Measurement(name: "\(name).time_per_token", value: secondsPerToken * 1e6, unit: "µs") }
    var work: Measurement { Measurement(name: "\(name).operations_per_token", value: operations / Double(context) / 1e6, unit: "MFLOP") }

    /// How many times longer a token takes than with `first`'s context.
    func slowdown(from first: PrefillFigures) -> Measurement {
        Measurement(name: "\(name).time_ratio_to_context\(first.context)", value: secondsPerToken / first.secondsPerToken, unit: "ratio")
    }
}

extension [PrefillFigures] {
    /// Figures of the same unit together.
    var measurements: [Measurement] {
        let slowdowns = first.map { first in dropFirst().map { $0.slowdown(from: first) } } ?? []
        return map(\.speed) + map(\.arithmetic) + map(\.time) + slowdowns + map(\.work)
    }
}
