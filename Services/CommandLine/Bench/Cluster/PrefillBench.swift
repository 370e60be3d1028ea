internal import ArgumentParser
internal import Console
internal import TerminalOutput

/// How fast a cluster reads prompts, and how much of the arithmetic peak that takes.
struct PrefillBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prefill",
        abstract: """
            Measure the reading of prompts through a whole cluster, by REST: tokens a second, and the share of the \
            peak.
            """,
        discussion: """
            The time from a request to its first token is measured. A token takes two operations for each active \
            parameter, and those of lightning and softmax attention. The peak, of multiply-adds or with --arithmetic \
            fast of dot products, is measured before, between and after the runs, while the cluster is idle.
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var target: ClusterTarget
    @OptionGroup var batches: BatchOptions

    private var cases: [BatchOptions.Case] { batches.cases(contextDefault: 2048) }

    func run() async throws {
        let measurements = try await ClusterBench.run(target, routerFlags: batches.routerFlags) {
            try await measure($0)
        }
        try printToStandardOutput(BenchReport(target.machine, measurements).text(json: options.json))
    }

    private func measure(_ bench: ClusterBench) async throws -> [Measurement] {
        var meter = try CeilingMeter(
            threads: target.threads, peak: target.kernels.peak(bench.weights.expertType, target.arithmetic))
        var random = SplitMix64(seed: target.seed)
        var samples = Samples()
        let status = ProgressDisplay()
        for round in 0 ... options.rounds {        // the first is not counted: it brings the weights into memory
            for item in round == 0 ? Array(cases.prefix(1)) : cases {
                status.show(round == 0 ? "warming up, \(item)" : "round \(round) of \(options.rounds), \(item)")
                try await meter.measure()
                let requests = (0 ..< item.batch).map { _ in
                    bench.tokens.request(context: item.context, tokens: 1, random: &random)
                }
                let seconds = try await bench.timer.run(requests).secondsToFirstTokens
                if round > 0 { samples.add(seconds, to: item.name) }
            }
        }
        try await meter.measure()
        status.clear()
        let operations = PrefillOperations(config: bench.config, weights: bench.weights)
        return cases.map { item in
            PrefillFigures(
                what: target.name("prefill", bench.weights), context: item.context, batch: item.batch,
                seconds: samples[item.name],
                operations: operations.total(tokens: item.context), peak: meter.operations)
        }.measurements
    }
}

/// What reading prompts of one length came to.
struct PrefillFigures: Sendable {
    /// The beginning of the measurements' names, for example `prefill.bf16.exact`.
    let what: String
    let context: Int
    let batch: Int
    /// How long it took until each sequence had its first token.
    let seconds: Double
    /// The floating-point operations of one prompt.
    let operations: Double
    /// What the machine can compute, in operations a second.
    let peak: Double

    private var name: String { "\(what).context\(context).batch\(batch)" }
    private var tokens: Double { Double(context * batch) }

    var speed: Measurement {
        Measurement(name: name, value: tokens / seconds, unit: "tokens/s", ceiling: peak / operations * Double(context))
    }
    var arithmetic: Measurement {
        Measurement(
            name: "\(name).arithmetic", value: operations * Double(batch) / seconds / 1e9, unit: "GFLOP/s",
            ceiling: peak / 1e9)
    }
    var secondsPerToken: Double { seconds / tokens }
    var time: Measurement { Measurement(name: "\(name).time_per_token", value: secondsPerToken * 1e6, unit: "µs") }
    var work: Measurement {
        Measurement(name: "\(name).operations_per_token", value: operations / Double(context) / 1e6, unit: "MFLOP")
    }

    /// How many times longer a token takes than with `first`'s context.
    func slowdown(from first: PrefillFigures) -> Measurement {
        Measurement(
            name: "\(name).time_ratio_to_context\(first.context)", value: secondsPerToken / first.secondsPerToken,
            unit: "ratio")
    }
}

extension [PrefillFigures] {
    /// Figures of the same unit together.
    var measurements: [Measurement] {
        let slowdowns = compactMap { figures in
            first { $0.batch == figures.batch }.flatMap {
                $0.context == figures.context ? nil : figures.slowdown(from: $0)
            }
        }
        return map(\.speed) + map(\.arithmetic) + map(\.time) + slowdowns + map(\.work)
    }
}
