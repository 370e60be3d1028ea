internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import LocalCluster

/// What it costs to lose an expert host, or an attention service, in the middle of an answer.
struct FailoverBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failover",
        abstract: """
            Measure what the loss of an expert host or of an attention service costs: the longest gap between two \
            tokens before and after it, and whether the text stays the same.
            """,
        discussion: """
            Each round starts a cluster with \(hosts) expert hosts, asks it the same twice, and kills a process with \
            SIGKILL at a random moment of the second answer. The gap in which it dies counts as one after the loss. \
            With one copy of every expert the other expert hosts have to load what is lost; with two they hold it. An \
            attention service is killed that the answer lives on: another replica then reads the prompt and the \
            answer's tokens again. How long reading as many tokens takes, of which nothing is kept, is measured in the \
            same round; the growth of the gap is shown with and without it. Ends with status 1 when a text was not \
            that of the undisturbed answer.
            """)

    static let hosts = 3

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(
        help: ArgumentHelp(
            "What is killed: expert-host, attention, or both with a comma, which are measured in turns.",
            valueName: "processes"))
    var lose = Losses(.expertHost)

    @Option(
        help: """
            How many hosts hold each expert; several numbers, with commas, are measured in turns. Where attention is \
            lost, only the first counts.
            """)
    var copies = CountList(1, 2)

    @Option(
        help: "How many attention services there are; where one of them is lost, each is a replica of its own.")
    var attentionHosts = 1

    @Option(help: "How often a process is killed, for each kind of loss and each number of copies.")
    var rounds = 5

    @Option(help: "Tokens of the prompt.")
    var context = 64

    @Option(help: "Tokens of the answer.")
    var tokens = 200

    @Option(help: "Seed of the random numbers: the same seed gives the same prompts, processes and moments.")
    var seed: UInt64 = 1

    @Flag(help: "Print JSON objects, one a line: name, value and unit.")
    var json = false

    @OptionGroup var processes: ProcessOptions

    mutating func validate() throws {
        guard copies.counts.allSatisfy({ $0 <= Self.hosts }) else {
            let most = copies.counts.max() ?? 0
            throw ValidationError(
                "'--copies' takes numbers from 1 to \(Self.hosts), the number of hosts, not \(most).")
        }
        try requireRange("--rounds", rounds, 1 ... 1000)
        try requireRange("--context", context, 1 ... 1 << 20)
        try requireRange("--tokens", tokens, 16 ... 65_536)
        try ClusterOptions.checkAttentionHosts(attentionHosts)
        guard !lose.losses.contains(.attention) || attentionHosts > 1 else {
            throw ValidationError(
                "'--lose attention' needs '--attention-hosts' of at least 2, not \(attentionHosts): one has to go on.")
        }
        try processes.refuseRouterFlags(["--copies"])
    }

    func run() async throws {
        let bench = try BenchModel(model)
        guard context + tokens <= bench.config.maxPositions else {
            throw StartError(
                "--context \(context) and --tokens \(tokens) are together more than the "
                    + "\(bench.config.maxPositions) positions of \(model)")
        }
        var figures = cases
        for round in 1 ... rounds {
            // The same process at the same moment for every number of copies.
            var random = SplitMix64(seed: seed &+ UInt64(round))
            let trial = FailoverTrial(
                bench.tokens, context: context, answer: tokens, hosts: Self.hosts, random: &random)
            for index in figures.indices {
                let found = try await run(trial, round, losing: figures[index].loss, copies: figures[index].copies)
                figures[index].rounds.append(found)
            }
        }
        let what = processes.name("failover", bench.weights)
        let measurements = figures.flatMap { $0.measurements(what) }
        let report = BenchReport(processes.machine, measurements, tables: figures.tables)
        try printToStandardOutput(report.text(json: json))
        let others = figures.reduce(0) { $0 + $1.rounds.count - $1.sameTexts }
        guard others > 0 else { return }
        writeToStandardError(
            "\(others) answer\(others == 1 ? " has" : "s have") another text than the undisturbed one\n")
        throw ExitCode.failure
    }

    /// What is measured in each round, without rounds.
    private var cases: [FailoverFigures] {
        lose.losses.flatMap { loss in
            (loss == .attention ? Array(copies.counts.prefix(1)) : copies.counts).map {
                FailoverFigures(loss: loss, copies: $0)
            }
        }
    }

    private func run(
        _ trial: FailoverTrial, _ round: Int, losing loss: Loss, copies: Int
    ) async throws -> FailoverRound {
        let replicas = loss == .attention ? ["--attention-parts", "1"] : []
        return try await processes.withTemporaryCluster(
            model, expertHosts: Self.hosts, attentionHosts: attentionHosts,
            routerFlags: ["--copies", "\(copies)"] + replicas,
            title: "Round \(round) of \(rounds), \(loss.rawValue), copies \(copies): starting a cluster for \(model)"
        ) { try await trial.run(on: $0, losing: loss, copies: copies) }
    }
}
