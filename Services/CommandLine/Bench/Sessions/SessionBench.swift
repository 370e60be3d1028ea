internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Flags
internal import LocalCluster
internal import TerminalOutput

/// What it brings, and what it costs, that states are kept.
struct SessionBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: """
            Measure what kept states bring and cost: turns of chats, forks, snapshots, memory, and requests that reuse \
            nothing.
            """,
        discussion: """
            turns: the time to the first token of a chat's second turn over a document, to the first turn's, by chat \
            completions that send everything again; and of a second turn after SIGKILL and restart of all processes. \
            agent: tokens computed in ten turns with growing contexts, to those sent for the first time. fork: opening \
            a sequence from a kept state and copying its lightning matrices at its first block, to a plain copy of as \
            many bytes. snapshot: states to disk and back, to plain files of the same size in the same folder. memory: \
            what attention reports, to the growth of its process. overhead: decode and prefill of requests that reuse \
            nothing, with reuse and without. fork, snapshot and memory ask an attention service over the wire. Each \
            part starts processes of its own; what is compared is measured in turns.
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model = "compose/models/demo"

    @Option(
        help: ArgumentHelp(
            "What is measured; several parts, with commas: turns, agent, fork, snapshot, memory, overhead.",
            valueName: "parts"))
    var parts = SessionParts.all

    @Option(
        help: """
            Tokens of the document and of the state that is forked; the agent's last prompt has twice as many. Fewer \
            where the model's positions or this machine's memory do not allow it.
            """)
    var context = 16_384

    @Option(help: ArgumentHelp("Where a folder for the files of states is made, and removed.", valueName: "folder"))
    var folder = "/var/tmp"

    @Option(help: "Seed of the random numbers: the same seed gives the same texts.")
    var seed: UInt64 = 1

    @OptionGroup var cluster: ClusterOptions

    mutating func validate() throws {
        try requireRange("--context", context, 1024 ... 1 << 20)
        try cluster.processes.refuseRouterFlags(["--prefix-reuse"])
    }

    func run() async throws {
        let model = try SessionModel(model)
        let figures = try await figures(of: model, ProgressDisplay())
        let what = cluster.processes.name("sessions", model.bench.weights)
        let report = BenchReport(
            cluster.processes.machine, figures.measurements(what), tables: [figures.table])
        try printToStandardOutput(report.text(json: options.json))
    }

    private func figures(of model: SessionModel, _ status: ProgressDisplay) async throws -> [SessionFigure] {
        let context = model.context(context)
        if context < self.context { status.line("Contexts have \(context) tokens: more do not fit here.") }
        var figures: [SessionFigure] = []
        if parts.contains(.turns) { figures += try await turns(model, context, status) }
        if parts.contains(.agent) { figures += try await agent(model, status) }
        if parts.contains(.fork) || parts.contains(.snapshot) {
            figures += try await forkAndSnapshot(model, context, status)
        }
        if parts.contains(.memory) { figures += try await memory(model, status) }
        if parts.contains(.overhead) {
            let trial = OverheadTrial(
                model: model, cluster: cluster, context: context, rounds: options.rounds, seed: seed)
            figures += try await trial.run(status).figures
        }
        return figures
    }
}

/// The parts that go through a whole cluster.
extension SessionBench {
    private static let routerFlags = ["--prefix-reuse", "on"]

    private func turns(_ model: SessionModel, _ context: Int, _ status: ProgressDisplay) async throws -> [SessionFigure]
    {
        let data = try DataFolder(in: folder)
        defer { data.remove() }
        let trial = TurnsTrial(
            model: model, cluster: cluster, routerFlags: Self.routerFlags, context: context, rounds: options.rounds,
            seed: seed)
        return try await trial.run(in: data, status).figures
    }

    private func agent(_ model: SessionModel, _ status: ProgressDisplay) async throws -> [SessionFigure] {
        let trial = AgentTrial(
            model: model, cluster: cluster, routerFlags: Self.routerFlags, contextMax: model.context(2 * context),
            seed: seed)
        return try await trial.run(status).figures
    }
}

/// The parts that ask an attention service over the wire.
extension SessionBench {
    private func forkAndSnapshot(
        _ model: SessionModel, _ context: Int, _ status: ProgressDisplay
    ) async throws -> [SessionFigure] {
        let data = try DataFolder(in: folder)
        defer { data.remove() }
        let config = model.config, rows = SampleRows(hiddenSize: config.hiddenSize, seed: seed)
        let keyValues = cluster.processes.keyValues.kv
        return try await AttentionProcess.run(plan(data)) { [options, parts] attention in
            var (own, _) = try await WireSequence.open(
                attention, config, rows, tokensMax: context + ForkTrial.tokens(rounds: options.rounds))
            status.show("filling a sequence of \(context) tokens")
            try await own.fill(to: context) { status.show(detail: "filling a sequence: \($0) of \(context) tokens") }
            let state = try await own.keep(closes: false)
            var figures: [SessionFigure] = []
            if parts.contains(.fork) {
                let trial = ForkTrial(
                    attention: attention, config: config, keyValues: keyValues, rows: rows, rounds: options.rounds)
                figures += try await trial.run(&own, from: state, status).figures
            }
            if parts.contains(.snapshot) {
                let trial = SnapshotTrial(
                    attention: attention, config: config, rows: rows, rounds: options.rounds, folder: data)
                figures += try await trial.run(from: state, length: context, status).figures
            }
            return figures
        }
    }

    private func memory(_ model: SessionModel, _ status: ProgressDisplay) async throws -> [SessionFigure] {
        let data = try DataFolder(in: folder)
        defer { data.remove() }
        let config = model.config, rows = SampleRows(hiddenSize: config.hiddenSize, seed: seed)
        return try await AttentionProcess.run(plan(data)) { attention in
            try await MemoryTrial(attention: attention, config: config, rows: rows).run(status).figures
        }
    }

    /// Only its attention service is started.
    private func plan(_ data: DataFolder) -> ClusterPlan {
        var plan = cluster.plan(model: model, host: "127.0.0.1", port: 0)
        (plan.attentionHosts, plan.statesFolder) = (1, data.path)
        return plan
    }
}
