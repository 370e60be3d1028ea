internal import TerminalOutput

/// What a benchmark found, for people and for programs.
struct BenchReport: Sendable {
    let machine: MachineDescription
    let measurements: [Measurement]
    /// What people see.
    let tables: [TextTable]

    /// - Parameter tables: nil shows all measurements, by unit.
    init(_ machine: MachineDescription, _ measurements: [Measurement], tables: [TextTable]? = nil) {
        self.machine = machine
        self.measurements = measurements
        self.tables = tables ?? TextTable.tables(of: measurements)
    }

    func text(json: Bool) -> String {
        if json { return measurements.map(\.json).joined(separator: "\n") }
        return ([machine.line] + tables.map { $0.lines.joined(separator: "\n") }).joined(separator: "\n\n")
    }
}
