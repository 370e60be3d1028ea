internal import ArgumentParser
internal import Cluster

/// How fast a cluster generates, and how much of the read bandwidth that takes.
struct DecodeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Measure generation through a whole cluster, by REST: tokens a second, and the share of the read bandwidth.",
        discussion: """
            Counted is the time in which every sequence was generating. A step must read the active weights, as stored: attention, gates, \
            output projection, and the experts that so many tokens are expected to choose. The bandwidth is measured before, between and \
            after the runs, while the cluster is idle.
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var cluster: ClusterBenchOptions

    @Option(help: "Tokens to generate for each sequence.")
    var tokens = 64

    mutating func validate() throws {
        guard (2...65_536).contains(tokens) else { throw ValidationError("'--tokens' takes a number from 2 to 65536, not \(tokens).") }
    }

    private var contexts: [Int] { (cluster.context ?? TokenCounts(512)).counts }

    func run() async throws {
        let measurements = try await ClusterBench.run(cluster) { try await measure($0) }
        print(BenchReport(cluster.machine, measurements).text(json: options.json))
    }

    private func measure(_ bench: ClusterBench) async throws -> [Measurement] {
        var meter = try CeilingMeter(threads: cluster.threads)
        var random = SplitMix64(seed: cluster.seed)
        var samples = Samples()
        let status = StatusLine()
        for round in 0...options.rounds {           // the first is not counted: it brings the weights into memory
            for context in contexts {
                status.show(round == 0 ? "warming up, context \(context)" : "round \(round) of \(options.rounds), context \(context)")
                try await meter.measure()
                let rate = try await rate(bench, context: context, random: &random)
                if round > 0 { samples.add(rate, to: "\(context)") }
            }
        }
        try await meter.measure()
        status.clear()
        return contexts.map { context in
            DecodeFigures(
                what: cluster.name("decode", bench.weights), context: context, batch: cluster.batch, tokensPerSecond: samples["\(context)"],
                bytesPerStep: bench.weights.bytesPerStep(batch: cluster.batch), readBandwidth: meter.readBandwidth)
        }.measurements
    }

    private func rate(_ bench: ClusterBench, context: Int, random: inout SplitMix64) async throws -> Double {
        let requests = (0 ..< cluster.batch).map { _ in bench.tokens.request(context: context, tokens: tokens, random: &random) }
        guard let rate = try await bench.timer.run(requests).decodeRate else {
            throw StartError("the sequences were never all generating at the same time: with --batch \(cluster.batch), ask for more than --tokens \(tokens)")
        }
        return rate
    }
}

/// What decoding at one context and batch came to.
struct DecodeFigures: Sendable {
    /// As `decode.bf16.exact`.
    let what: String
    let context: Int
    let batch: Int
    /// Of all sequences together.
    let tokensPerSecond: Double
    let bytesPerStep: Double
    /// Bytes a second.
    let readBandwidth: Double

    private var name: String { "\(what).context\(context).batch\(batch)" }
    private var stepsPerSecond: Double { tokensPerSecond / Double(batch) }

    var speed: Measurement {
        Measurement(name: name, value: tokensPerSecond, unit: "tokens/s", ceiling: Double(batch) * readBandwidth / bytesPerStep)
    }
    var read: Measurement { Measurement(name: "\(name).read", value: bytesPerStep * stepsPerSecond / 1e9, unit: "GB/s", ceiling: readBandwidth / 1e9) }
    var bytes: Measurement { Measurement(name: "\(name).bytes_per_step", value: bytesPerStep / 1e6, unit: "MB") }
}

extension [DecodeFigures] {
    /// Figures of the same unit together.
    var measurements: [Measurement] { map(\.speed) + map(\.read) + map(\.bytes) }
}
