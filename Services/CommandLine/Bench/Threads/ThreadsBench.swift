internal import ArgumentParser
internal import Console
internal import Flags
internal import LocalCluster
internal import Probing

/// How a cluster's speed grows with its threads.
struct ThreadsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "threads",
        abstract: "Measure generation and the reading of prompts with 1, 2, 4, … compute threads for each process.",
        discussion: """
            Each round starts a cluster for every number of threads in turn, and measures as bench decode and bench \
            prefill do: one stream, several streams, and one long prompt. Shares are of what the read bandwidth and \
            the peak of as many threads allow, which are measured while the cluster is idle; growth is to the first \
            number of threads.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(
        help: """
            How many threads each process computes with; several numbers, with commas (default: 1, 2, 4, … up to the \
            cores there are).
            """)
    var threadsList: CountList?

    @Option(help: "How many expert hosts share the experts.")
    var expertHosts = 2

    @Option(help: "How many attention services there are.")
    var attentionHosts = 1

    @Option(
        help: ArgumentHelp(
            "Sequences at a time, each with a prompt of its own; several numbers, with commas.", valueName: "sequences")
    )
    var batch = CountList(1, 16)

    @Option(help: "Tokens of a prompt before generation is measured.")
    var context = 128

    @Option(help: "Tokens to generate for each sequence.")
    var tokens = 64

    @Option(help: "Tokens of the prompt whose reading is measured.")
    var prefill = 2048

    @Option(help: "Seed of the random numbers: the same seed gives the same prompts.")
    var seed: UInt64 = 1

    @OptionGroup var processes: ProcessOptions

    mutating func validate() throws {
        guard processes.threads == nil else {
            throw ValidationError("'--threads' is for one number; several go into '--threads-list'.")
        }
        if let threads = threadsList?.counts.max(), threads > 4096 {
            throw ValidationError("'--threads-list' takes numbers from 1 to 4096, not \(threads).")
        }
        try requireRange("--expert-hosts", expertHosts, 1 ... 256)
        try ClusterOptions.checkAttentionHosts(attentionHosts)
        if let most = batch.counts.max(), most > BatchOptions.batchMax {
            throw ValidationError("'--batch' takes numbers from 1 to \(BatchOptions.batchMax), not \(most).")
        }
        try requireRange("--context", context, 1 ... 1 << 20)
        try requireRange("--prefill", prefill, 1 ... 1 << 20)
        try requireRange("--tokens", tokens, 2 ... 65_536)
    }

    func run() async throws {
        let model = try BenchModel(model)
        let counts = threadsList?.counts ?? Self.powers(upTo: Machine.coreCount)
        var figures = ThreadsFigures(what: processes.name("threads", model.weights), cases: cases(model))
        for round in 1 ... options.rounds {
            for count in counts {
                let title = "Round \(round) of \(options.rounds), \(count) threads"
                let sample = try await measure(model, threads: count, title: title, seed: seed &+ UInt64(round))
                figures.add(sample, threads: count)
            }
        }
        let machine = MachineDescription.current(threads: counts.max() ?? 1, kernels: processes.kernelsInUse)
        let report = BenchReport(machine, figures.measurements, tables: [figures.table])
        try printToStandardOutput(report.text(json: options.json))
    }

    /// 1, 2, 4, … and the last, whatever it is.
    static func powers(upTo last: Int) -> [Int] {
        Array(sequence(first: 1) { $0 * 2 }.prefix { $0 < last }) + [last]
    }

    private func cases(_ model: BenchModel) -> [ThreadsFigures.Case] {
        let weights = model.weights
        return batch.counts.map { batch in
            ThreadsFigures.Case(
                name: "decode.batch\(batch)", tokens: Double(batch), bytes: weights.bytesPerStep(batch: batch),
                operations: weights.operationsPerStep(batch: batch))
        } + [
            ThreadsFigures.Case(
                name: "prefill", tokens: Double(prefill), bytes: nil,
                operations: PrefillOperations(config: model.config, weights: weights).total(tokens: prefill))
        ]
    }

    private func measure(
        _ model: BenchModel, threads: Int, title: String, seed: UInt64
    ) async throws -> ThreadsFigures.Sample {
        var processes = processes
        processes.threads = threads
        let peak = processes.kernelsInUse.peak(model.weights.expertType, processes.kernels.arithmetic)
        let routerFlags = BatchOptions.routerFlags(batch: batch)
        return try await processes.withTemporaryCluster(
            model.folder, expertHosts: expertHosts, attentionHosts: attentionHosts, routerFlags: routerFlags,
            title: "\(title): starting a cluster"
        ) { [batch, context, tokens, prefill] cluster in
            let bench = try model.served(at: cluster.url)
            var random = SplitMix64(seed: seed)
            var meter = try CeilingMeter(threads: threads, peak: peak)
            var rates: [Double] = []
            // Brings the weights into memory.
            let largest = BatchOptions.Case(context: context, batch: batch.counts.max() ?? 1)
            _ = try await bench.decodeRate(largest, tokens: 8, random: &random)
            for count in batch.counts {
                try await meter.measure()
                let item = BatchOptions.Case(context: context, batch: count)
                rates.append(try await bench.decodeRate(item, tokens: tokens, random: &random))
            }
            try await meter.measure()
            let request = bench.tokens.request(context: prefill, tokens: 1, random: &random)
            rates.append(Double(prefill) / (try await bench.timer.run([request]).secondsToFirstTokens))
            return ThreadsFigures.Sample(rates: rates, readBandwidth: meter.readBandwidth, peak: meter.operations)
        }
    }
}
