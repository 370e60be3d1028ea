internal import AdminMessages
internal import ArgumentParser
internal import Checkpoint
internal import ClusterClient
internal import Console
internal import LocalCluster
internal import Probing
internal import TerminalOutput

/// How fast a cluster generates with its experts placed in one way or another.
struct PlacementBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "placement",
        abstract: """
            Measure generation with experts placed in different ways: whole or in slices, on how many hosts, with how \
            many copies.
            """,
        discussion: """
            Each round starts a cluster for every placement in turn and measures as bench decode does. Ratios are to \
            whole experts on one host (throughput mode, one copy) beside one attention service, which is measured in \
            every round. Placements with more copies than hosts, or with attention services that have no part, are \
            left out. --threads is what each process computes with; with --pin-cores each expert host and each \
            attention service has as many cores of its own, while the router goes where there is room. What the bytes \
            allow is measured in every round, too: a step's weights at the speed at which as many threads read memory.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(help: "How many hosts share the experts; several numbers, with commas, are measured in turns.")
    var expertHosts = CountList(1, 2, 4)

    @Option(help: "How many attention services there are; several numbers, with commas, are measured in turns.")
    var attentionHosts = CountList(1)

    @Option(
        help: "Into how many parts attention is cut: 1, 2, 4 or 8; several numbers, with commas, are measured in turns."
    )
    var attentionParts = CountList(1)

    @Option(
        help: """
            How experts are placed: throughput (whole experts) or latency (a slice of each on every host). Without \
            this flag both are measured.
            """)
    var placement: PlacementCase.Mode?

    @Option(help: "How many hosts hold each expert; several numbers, with commas, are measured in turns.")
    var copies = CountList(1)

    @Option(
        help: ArgumentHelp(
            """
            Sequences at a time, each with a prompt of its own; several numbers, with commas, are measured in turns.
            """, valueName: "sequences"))
    var batch = CountList(1, 16)

    @Option(help: "Tokens of a prompt.")
    var context = 128

    @Option(help: "Tokens to generate for each sequence.")
    var tokens = 64

    @Option(help: "Seed of the random numbers: the same seed gives the same prompts.")
    var seed: UInt64 = 1

    @OptionGroup var processes: ProcessOptions

    mutating func validate() throws {
        guard hostsMax <= 256 else {
            throw ValidationError("'--expert-hosts' takes numbers from 1 to 256, not \(hostsMax).")
        }
        try ClusterOptions.checkAttentionHosts(attentionMax)
        for count in attentionParts.counts where ![1, 2, 4, 8].contains(count) {
            throw ValidationError("'--attention-parts' takes 1, 2, 4 and 8, not \(count).")
        }
        guard let fewest = copies.counts.min(), fewest <= hostsMax else {
            throw ValidationError(
                "'--copies' takes numbers up to that of the hosts, \(hostsMax), not \(copies.counts.min() ?? 0).")
        }
        guard batch.counts.allSatisfy({ $0 <= BatchOptions.batchMax }) else {
            throw ValidationError(
                "'--batch' takes numbers from 1 to \(BatchOptions.batchMax), not \(batch.counts.max() ?? 0).")
        }
        try requireRange("--context", context, 1 ... 1 << 20)
        try requireRange("--tokens", tokens, 2 ... 65_536)
        try processes.refuseRouterFlags(["--placement", "--copies", "--attention-parts"])
    }

    private var hostsMax: Int { expertHosts.counts.max() ?? 1 }
    private var attentionMax: Int { attentionHosts.counts.max() ?? 1 }

    func run() async throws {
        let bench = try BenchModel(model)
        guard context + tokens <= bench.config.maxPositions else {
            throw StartError(
                "--context \(context) and --tokens \(tokens) are together more than the "
                    + "\(bench.config.maxPositions) positions of \(model)")
        }
        let cores = try coreSets()
        var figures = PlacementFigures(
            cases: PlacementCase.all(
                hosts: expertHosts.counts, copies: copies.counts, attention: attentionHosts.counts,
                parts: attentionParts.counts, modes: placement.map { [$0] } ?? PlacementCase.Mode.allCases),
            batches: batch.counts)
        let ceiling = PlacementCeiling(
            weights: bench.weights, threads: started(cores).threads ?? Machine.coreCount, cores: Machine.coreCount)
        for round in 1 ... options.rounds {
            let ceilings = try await ceilings(ceiling, figures.cases)
            var rates: [[Double]] = []
            for placement in figures.cases { rates.append(try await self.rates(bench, placement, round, cores)) }
            figures.add(rates, ceilings: ceilings)
        }
        let what = processes.name("placement", bench.weights)
        let report = BenchReport(started(cores).machine, figures.measurements(what), tables: [figures.table])
        try printToStandardOutput(report.text(json: options.json))
    }

    /// What reading alone allows each placement at this moment, for each batch.
    private func ceilings(_ ceiling: PlacementCeiling, _ cases: [PlacementCase]) async throws -> [[Double]] {
        var bandwidths: [Int: Double] = [:]
        for placement in cases {
            for batch in batch.counts {
                let readers = ceiling.readers(placement, batch: batch)
                for threads in [readers.attention, readers.experts] where bandwidths[threads] == nil {
                    var meter = try CeilingMeter(threads: threads)
                    try await meter.measure()
                    bandwidths[threads] = meter.readBandwidth
                }
            }
        }
        return cases.map { placement in
            batch.counts.map { batch in
                ceiling.tokensPerSecond(placement, batch: batch) { bandwidths[$0] ?? .nan }
            }
        }
    }

    /// Cores for as many attention services and expert hosts as there are at most, in this order; nil: all share all.
    private func coreSets() throws -> [[Int]]? {
        guard processes.pinCores else { return nil }
        let cores = CoreList.allowed, count = attentionMax + hostsMax
        let size = processes.threads ?? max(1, cores.count / count)
        guard let sets = CoreList.sets(count, of: size, from: cores) else {
            throw StartError(
                "--pin-cores: \(attentionMax) attention service\(attentionMax == 1 ? "" : "s") and \(hostsMax) host"
                    + "\(hostsMax == 1 ? "" : "s") with \(size) core\(size == 1 ? "" : "s") each need \(count * size) "
                    + "in all, this process may use \(cores.count)")
        }
        return sets
    }

    /// The processes as they are started: attention computes with as many threads as each host.
    private func started(_ cores: [[Int]]?) -> ProcessOptions {
        var processes = processes
        processes.threads = cores?.first?.count ?? processes.threads
        return processes
    }

    /// How many tokens a second are generated in one placement, for each batch.
    private func rates(
        _ model: BenchModel, _ placement: PlacementCase, _ round: Int, _ cores: [[Int]]?
    ) async throws -> [Double] {
        let cases = batch.counts.map { BatchOptions.Case(context: context, batch: $0) }
        return try await started(cores).withTemporaryCluster(
            model.folder, expertHosts: placement.hosts, attentionHosts: placement.attention,
            hostCores: cores.map { Array($0.dropFirst(attentionMax).prefix(placement.hosts)) },
            attentionCores: cores.map { Array($0.prefix(placement.attention)) },
            routerFlags: BatchOptions.routerFlags(batch: batch) + placement.routerFlags,
            title: "Round \(round) of \(options.rounds), \(placement): starting a cluster for \(model.folder)"
        ) { cluster in
            let plan = try await PlanClient(cluster.admin).settledPlan(copies: placement.copies)
            guard plan.mode == placement.mode.rawValue else {
                throw StartError("the router placed experts for \(plan.mode), expected \(placement.mode.rawValue)")
            }
            let attention = plan.attention
            guard attention.parts == placement.parts, attention.replicas == placement.replicas else {
                throw StartError(
                    "the router has made \(attention.replicas) replicas of \(attention.parts) parts, expected "
                        + "\(placement.replicas) of \(placement.parts)")
            }
            // The same prompts in every placement of a round.
            return try await measure(try model.served(at: cluster.url), cases, seed: seed &+ UInt64(round))
        }
    }

    private func measure(_ bench: ClusterBench, _ cases: [BatchOptions.Case], seed: UInt64) async throws -> [Double] {
        let status = ProgressDisplay()
        defer { status.clear() }
        var random = SplitMix64(seed: seed)
        // Not counted: it brings the weights into memory.
        if let largest = cases.max(by: { $0.batch < $1.batch }) {
            status.show("warming up, \(largest)")
            _ = try await bench.decodeRate(largest, tokens: tokens, random: &random)
        }
        var rates: [Double] = []
        for item in cases {
            status.show("\(item)")
            rates.append(try await bench.decodeRate(item, tokens: tokens, random: &random))
        }
        return rates
    }
}
