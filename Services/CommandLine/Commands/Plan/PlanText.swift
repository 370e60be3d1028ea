internal import AdminMessages
internal import ClusterClient
internal import TerminalOutput

/// A plan, the use of its experts and the attention services, in words and as tables.
struct PlanText: Sendable {
    let plan: PlanReport
    let use: ExpertsReport

    var text: String {
        [summary, hosts, step, experts, AttentionText(report: plan.attention).text].joined(separator: "\n\n")
    }

    private var summary: String {
        let asked = "asked for: \(plan.placement.rawValue), \(Self.copies(plan.copies))"
        let model = "\(plan.experts) experts in \(plan.layers) layers"
        let held = "mode \(plan.mode), \(Self.copies(plan.copiesHeld)) of \(model)"
        let head =
            plan.mode == "none"
            ? "No plan yet (\(asked)) for \(model)." : "Plan \(plan.version): \(held) (\(asked))."
        let pins = plan.pins.map { "expert \($0.expert) of layer \($0.layer) on \($0.host)" }
        let more = [("Problem", plan.problem.map { [$0] } ?? []), ("Drained", plan.drained), ("Pinned", pins)]
        let lines = more.filter { !$1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" }
        return ([head] + lines).joined(separator: "\n")
    }

    private static func copies(_ count: Int) -> String { "\(count) cop\(count == 1 ? "y" : "ies")" }

    private var hosts: String {
        guard !plan.hosts.isEmpty else { return "No expert host is here." }
        let header = [
            "host", "address", "state", "kernels", "memory GB", "read GB/s", "experts", "ready", "MB", "ready", "calls",
            "p50 ms", "p90 ms", "p99 ms",
        ]
        return TextTable(header: header, rows: plan.hosts.map(Self.row)).lines.joined(separator: "\n")
    }

    private static func row(_ host: PlanReport.Host) -> [String] {
        let latencies = (0 ..< 3).map {
            host.latencySeconds.indices.contains($0) ? milliseconds(host.latencySeconds[$0]) : ""
        }
        return [
            host.name, host.address, host.state, host.kernels, figure(Double(host.memoryBytes) / 1e9),
            figure(host.bandwidthBytesPerSecond / 1e9), eighths(host.expertsWanted), eighths(host.expertsReady),
            megabytes(host.bytesWanted), megabytes(host.bytesReady), "\(host.calls)",
        ] + latencies
    }

    /// Experts are held in eighths: `12`, `12.125`.
    private static func eighths(_ count: Double) -> String { decimal(count, places: count == count.rounded() ? 0 : 3) }

    private static func megabytes(_ bytes: Int) -> String { bytes == 0 ? "0" : figure(Double(bytes) / 1e6) }

    private static func milliseconds(_ seconds: Double) -> String { figure(seconds * 1000) }

    private var step: String {
        let rows = "\(plan.rowsPerStep) row\(plan.rowsPerStep == 1 ? "" : "s")"
        let measured =
            plan.measuredSeconds > 0
            ? "\(Self.milliseconds(plan.measuredSeconds)) ms measured"
            : "not measured yet"
        let predictions = plan.predictions.map { "\(Self.milliseconds($0.seconds)) ms (\($0.mode))" }
        let predicted = predictions.isEmpty ? "nothing predicted" : "predicted \(predictions.joined(separator: ", "))"
        return "The experts' part of a step with \(rows): \(measured); \(predicted)."
    }

    private var experts: String {
        guard use.tokens.contains(where: { $0.contains { $0 > 0 } }) else { return "No expert has been used yet." }
        let table = TextTable(
            header: ["hottest expert", "times its layer's mean"],
            rows: use.hottest.map { ["layer \($0.layer), expert \($0.expert)", decimal($0.times, places: 2)] })
        let dropped = use.dropped > 0 ? ["Left out for lack of capacity: \(use.dropped) uses."] : []
        return (table.lines + imbalance + dropped).joined(separator: "\n")
    }

    private var imbalance: [String] {
        guard let worst = use.imbalance.indices.max(by: { use.imbalance[$0] < use.imbalance[$1] }) else { return [] }
        let middle = decimal(median(use.imbalance), places: 2), most = decimal(use.imbalance[worst], places: 2)
        let spread = "\(middle) in the middle, \(most) at most, in layer \(worst)"
        return ["Imbalance, a layer's most used expert to its mean: \(spread)."]
    }
}
