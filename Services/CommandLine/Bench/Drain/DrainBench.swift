internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Flags
internal import LocalCluster

/// What it costs to stop an attention service that holds sessions, and whether anything is lost.
struct DrainBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: """
            Measure what stopping an attention service costs: how long it takes, the longest gap between two tokens \
            before and after it, and whether every session is still there.
            """,
        discussion: """
            Each round starts a cluster with \(expertHosts) expert hosts, makes sessions, lets answers stream, and \
            sends SIGTERM to the attention service that holds most of the sessions. It has --drain-seconds to hand \
            over what it holds and to end. Then every session is asked something: it is kept when its tokens had not \
            to be computed again, and its answer is right when it is that to the same tokens computed from the first \
            one on. Gaps count from when all answers stream; the one in which SIGTERM is sent counts as one \
            after it. Ends with status 1 when the service did not end in order and in its time, a session was lost or \
            answered something else, or a stream has another text than the undisturbed one.
            """)

    static let expertHosts = 2

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(help: "How many attention services there are; each is a replica of its own.")
    var attentionHosts = 2

    @Option(help: "How many sessions are made.")
    var sessions = 20

    @Option(help: "Tokens of each session, and of the prompt of each answer that streams.")
    var context = 2000

    @Option(help: "How many answers stream at a time.")
    var streams = 4

    @Option(help: "Tokens of each of these answers.")
    var tokens = 400

    @Option(help: "Seconds that the service has to end, once it is told to stop.")
    var drainSeconds = ServiceOptions.drainSecondsDefault

    @Option(help: "How often a service is stopped.")
    var rounds = 5

    @Option(help: "Seed of the random numbers: the same seed gives the same prompts and moments.")
    var seed: UInt64 = 1

    @Flag(help: "Print JSON objects, one a line: name, value and unit.")
    var json = false

    @OptionGroup var processes: ProcessOptions

    mutating func validate() throws {
        try requireRange("--attention-hosts", attentionHosts, 2 ... 256)
        try requireRange("--sessions", sessions, 1 ... 10_000)
        // The beginning of a prompt is not reused where it is shorter.
        try requireRange("--context", context, 16 ... 1 << 20)
        try requireRange("--streams", streams, 1 ... 64)
        try requireRange("--tokens", tokens, 16 ... 65_536)
        try requireRange("--rounds", rounds, 1 ... 1000)
        try ServiceOptions.checkDrainSeconds(drainSeconds)
        try processes.refuseRouterFlags(["--prefix-reuse"])
    }

    func run() async throws {
        let bench = try BenchModel(model)
        let longest = context + max(tokens, DrainTrial.questionTokens + DrainTrial.answerTokens)
        guard longest <= bench.config.maxPositions else {
            throw StartError(
                "--context \(context) and --tokens \(tokens) need \(longest) positions; "
                    + "\(model) has \(bench.config.maxPositions)")
        }
        var figures = DrainFigures(graceSeconds: drainSeconds)
        for round in 1 ... rounds {
            var random = SplitMix64(seed: seed &+ UInt64(round))
            figures.rounds.append(try await run(trial(bench.tokens, &random), round))
        }
        let report = BenchReport(
            processes.machine, figures.measurements(processes.name("drain", bench.weights)), tables: [figures.table])
        try printToStandardOutput(report.text(json: json))
        guard !figures.problems.isEmpty else { return }
        for problem in figures.problems { writeToStandardError("\(problem)\n") }
        throw ExitCode.failure
    }

    private func trial(_ bench: BenchTokens, _ random: inout SplitMix64) -> DrainTrial {
        DrainTrial(
            bench, sessions: sessions, context: context, streams: streams, answer: tokens, random: &random)
    }

    private func run(_ trial: DrainTrial, _ round: Int) async throws -> DrainRound {
        try await processes.withTemporaryCluster(
            model, expertHosts: Self.expertHosts, attentionHosts: attentionHosts,
            routerFlags: ["--attention-parts", "1", "--prefix-reuse", "on"], drainSeconds: drainSeconds,
            title: "Round \(round) of \(rounds): starting a cluster for \(model)"
        ) { try await trial.run(on: $0) }
    }
}
