internal import ArgumentParser
internal import Checkpoint
internal import Console
internal import Foundation
internal import TerminalOutput

/// How a cluster serves many users, who come when they like.
struct ServeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: """
            Measure a cluster under a load of many users, by REST: throughput, waiting times, and how every request \
            ended.
            """,
        discussion: """
            Requests come at times of their own and do not wait for answers to those before (an open loop), so a \
            cluster that is too slow meets a queue. Lengths, times and prompts are random; the same seed gives the \
            same ones. Of a temporary cluster, memory and descriptors are reported before and after the load, and \
            compared between the second tenth of the time (warm) and the last (end). Ends with status 1 when a request \
            got anything else than a whole answer of the right length, 429 or 503, unless the benchmark itself hung \
            up.
            """)

    @OptionGroup var loads: LoadOptions
    @OptionGroup var targets: ServeTargets
    @OptionGroup var target: ClusterTarget

    @Flag(help: "Print JSON objects, one a line: name, value and unit.")
    var json = false

    /// One load: as `rate2`, as `rate 2`, and its requests.
    private struct Load: Sendable {
        let name: String
        let title: String
        let items: [LoadItem]
    }

    func run() async throws {
        let trace = try loads.trace.map { try LoadTrace.read(contentsOf: $0) }
        let keys = Set(trace?.compactMap(\.key) ?? loads.keys?.keys.map(\.name) ?? []).sorted()
        let routerFlags = keys.isEmpty ? [] : ["--api-keys", keys.joined(separator: ",")]
        let (report, faults) = try await ClusterBench.run(target, routerFlags: routerFlags) {
            try await measure($0, trace)
        }
        try printToStandardOutput(
            BenchReport(target.machine, report.measurements, tables: report.tables).text(json: json))
        guard !faults.isEmpty else { return }
        for (reason, count) in Self.counted(faults) {
            writeToStandardError("\(count) request\(count == 1 ? "" : "s"): \(reason)\n")
        }
        throw ExitCode.failure
    }

    private func measure(_ bench: ClusterBench, _ trace: [LoadItem]?) async throws -> (ServeReport, faults: [String]) {
        let recipe = loads.recipe(seed: target.seed, contextLength: bench.config.maxPositions)
        let capacity = try await loads.load == nil ? nil : capacity(bench, recipe)
        var (found, faults): ([ServeReport.Load], [String]) = ([], [])
        for load in planned(recipe, trace, capacity: capacity) {
            let figures = try await measure(load, bench)
            found.append(ServeReport.Load(name: load.name, title: load.title, figures: figures.figures))
            faults += figures.faults
        }
        return (ServeReport(what: target.name("serve", bench.weights), capacity: capacity, loads: found), faults)
    }

    private func planned(_ recipe: LoadRecipe, _ trace: [LoadItem]?, capacity: Double?) -> [Load] {
        if let trace { return [Load(name: "trace", title: "trace", items: recipe.behaving(trace))] }
        let (what, numbers) = loads.rate.map { ("rate", $0.numbers) } ?? ("load", loads.load?.numbers ?? [])
        return numbers.enumerated().map { index, number in
            let arrivals = ArrivalProcess(rate: number * (capacity ?? 1), extent: loads.extent)
            let name = NumberList.name(number)
            return Load(name: what + name, title: "\(what) \(name)", items: recipe.items(arrivals, number: index))
        }
    }

    private func capacity(_ bench: ClusterBench, _ recipe: LoadRecipe) async throws -> Double {
        let status = ProgressDisplay()
        status.show("measuring the capacity with \(loads.streams) clients for \(oneDecimal(loads.capacitySeconds)) s")
        defer { status.clear() }
        let meter = CapacityMeter(
            client: bench.timer.client, tokens: bench.tokens, recipe: recipe, streams: loads.streams,
            seconds: loads.capacitySeconds)
        let capacity = try await meter.requestsPerSecond()
        try await Task.sleep(for: .seconds(1))        // until the router has noticed that all of them hung up
        return capacity
    }

    private func measure(_ load: Load, _ bench: ClusterBench) async throws -> ServeFigures {
        let processIDs = target.url == nil ? ClusterUsage.children(of: ProcessInfo.processInfo.processIdentifier) : []
        let (progress, begin) = (LoadProgress(), ContinuousClock.now)
        let seconds = load.items.last?.at ?? 0
        let client = LoadClient(bench.timer.client, tokens: bench.tokens, begin: begin)
        let (records, trend) = try await UsageTrend.during(seconds: seconds, of: processIDs, begin: begin) {
            let text = { @Sendable in "\(load.title): \(progress.counts.line(after: $0, of: seconds))" }
            return try await ProgressDisplay().showing(text) {
                try await LoadRunner(client: client, progress: progress).run(load.items)
            }
        }
        return ServeFigures(records, targets: targets, trend: trend)
    }

    /// The most frequent reasons first, five at most.
    static func counted(_ faults: [String]) -> [(reason: String, count: Int)] {
        let counts = Dictionary(faults.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5).map { ($0.key, $0.value) }
    }
}
