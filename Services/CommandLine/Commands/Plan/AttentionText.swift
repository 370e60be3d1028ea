internal import AdminMessages
internal import TerminalOutput

/// The attention services and how attention is spread over them, in words and as a table.
struct AttentionText: Sendable {
    let report: AttentionReport

    var text: String { [summary, members].joined(separator: "\n") }

    private var summary: String {
        let asked = "asked for: \(report.partsWanted)"
        guard report.parts > 0 else { return "Attention is not arranged yet (\(asked))." }
        let parts = report.parts == 1 ? "1 part" : "\(report.parts) parts"
        let replicas = report.replicas == 1 ? "1 replica" : "\(report.replicas) replicas"
        return "Attention: \(replicas) of \(parts) each (\(asked))."
    }

    private var members: String {
        guard !report.members.isEmpty else { return "No attention service has announced itself." }
        let header = ["name", "role", "standing", "address", "kernels", "replica", "part", "memory GB", "sequences"]
        return TextTable(header: header, rows: report.members.map(row)).lines.joined(separator: "\n")
    }

    private func row(_ member: AttentionReport.Member) -> [String] {
        [
            member.name, member.role, member.standing, member.address, member.kernels,
            member.replica.map { "\($0 + 1)" } ?? "-", member.part.map { "\($0 + 1) of \(report.parts)" } ?? "-",
            figure(Double(member.memoryBytes) / 1e9), "\(member.sequences)",
        ]
    }
}
