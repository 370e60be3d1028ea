internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import TerminalOutput

/// How fast a cluster generates, and how much of what the machine could do that is.
struct DecodeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: """
            Measure generation through a whole cluster, by REST: tokens a second, and the share of what memory and \
            arithmetic allow.
            """,
        discussion: """
            Only the time in which every sequence was generating counts; once each has generated --tokens tokens in \
            it, the clients hang up. A step must read the active weights, as stored: attention, gates, output \
            projection, and the experts that so many tokens are expected to choose; and it takes two operations for \
            each token and active parameter. The ceiling is the lower of what the read bandwidth and the peak allow, \
            which are measured before, between and after the runs, while the cluster is idle.

            One more run counts what calls cost, unless the cluster is one of --url. A call is what the router asks of \
            attention or of an expert host: a layer's attention, the embedding, logits, or experts. Wake-ups are \
            context switches, voluntary or not, of all threads that the service's processes have or had. A call takes \
            from the router's question to the answer. That is the service's computation; waiting in the service, for \
            threads and for other calls; and the wire, which is the rest: encoding, sockets, and waking up both sides. \
            Calls to several expert hosts run at the same time, so a step takes less than the sum of its calls.
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var target: ClusterTarget
    @OptionGroup var batches: BatchOptions

    @Option(help: "Tokens to generate for each sequence.")
    var tokens = 64

    mutating func validate() throws {
        try requireRange("--tokens", tokens, 2 ... 65_536)
    }

    private var cases: [BatchOptions.Case] { batches.cases(contextDefault: 512) }

    func run() async throws {
        let (speeds, calls) = try await ClusterBench.run(target, routerFlags: batches.routerFlags) {
            try await measure($0)
        }
        let figures = speeds.measurements, tables = TextTable.tables(of: figures) + calls.tables
        let report = BenchReport(target.machine, figures + calls.flatMap(\.measurements), tables: tables)
        try printToStandardOutput(report.text(json: options.json))
    }

    private func measure(_ bench: ClusterBench) async throws -> ([DecodeFigures], [CallFigures]) {
        var meter = try CeilingMeter(
            threads: target.threads, peak: target.kernels.peak(bench.weights.expertType, target.arithmetic))
        var random = SplitMix64(seed: target.seed)
        var samples = Samples()
        let status = ProgressDisplay()
        for round in 0 ... options.rounds {        // the first is not counted: it brings the weights into memory
            for item in round == 0 ? cases.max(by: { $0.batch < $1.batch }).map({ [$0] }) ?? [] : cases {
                status.show(round == 0 ? "warming up, \(item)" : "round \(round) of \(options.rounds), \(item)")
                try await meter.measure()
                let rate = try await bench.decodeRate(item, tokens: tokens, random: &random)
                if round > 0 { samples.add(rate, to: item.name) }
            }
        }
        try await meter.measure()
        let what = target.name("decode", bench.weights)
        var calls: [CallFigures] = []
        for item in cases {
            status.show("counting calls, \(item)")
            guard let counters = try await bench.callCounters(item, tokens: tokens, random: &random) else { continue }
            calls.append(CallFigures(title: item.name, name: "\(what).\(item.name)", counters: counters))
        }
        status.clear()
        let speeds = cases.map { item in
            DecodeFigures(
                name: "\(what).\(item.name)", batch: item.batch, tokensPerSecond: samples[item.name],
                bytesPerStep: bench.weights.bytesPerStep(batch: item.batch),
                operationsPerStep: bench.weights.operationsPerStep(batch: item.batch),
                readBandwidth: meter.readBandwidth, peak: meter.operations)
        }
        return (speeds, calls)
    }
}
