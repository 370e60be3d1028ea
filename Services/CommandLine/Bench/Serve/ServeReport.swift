internal import TerminalOutput

/// The figures of several loads, side by side for people and one after the other for programs.
struct ServeReport: Sendable {
    struct Load: Sendable {
        /// For programs `rate2`, for people `rate 2`.
        let name: String
        let title: String
        let figures: [ServeFigures.Figure]
    }
    /// The beginning of all measurements' names, for example `serve.bf16.exact`.
    let what: String
    /// Requests a second; nil where it was not measured.
    let capacity: Double?
    let loads: [Load]

    var measurements: [Measurement] {
        let capacities = capacity.map { [Measurement(name: "\(what).capacity", value: $0, unit: "requests/s")] } ?? []
        return capacities
            + loads.flatMap { load in
                load.figures.map {
                    Measurement(name: "\(what).\(load.name).\($0.name)", value: $0.value, unit: $0.unit)
                }
            }
    }

    var tables: [TextTable] {
        var table = TextTable(header: ["", ""] + loads.map(\.title))
        if let capacity { table.rows.append(["capacity", "requests/s"] + loads.map { _ in figure(capacity) }) }
        var seen: Set<String> = []
        for row in loads.flatMap(\.figures) where seen.insert(row.name).inserted {
            let values = loads.map { load in load.figures.first { $0.name == row.name }.map { Self.cell($0) } ?? "" }
            table.rows.append([row.label, row.unit] + values)
        }
        return [table]
    }

    /// What is counted has no places after the point.
    private static func cell(_ figure: ServeFigures.Figure) -> String {
        ["requests", "open"].contains(figure.unit)
            ? decimal(figure.value, places: 0)
            : TerminalOutput.figure(figure.value)
    }
}
