internal import TerminalOutput

extension TextTable {
    /// One table for each run of figures of the same unit, which stands in the header.
    static func tables(of measurements: [Measurement]) -> [TextTable] {
        var runs: [[Measurement]] = []
        for measurement in measurements {
            if runs.last?.last?.unit != measurement.unit { runs.append([]) }
            runs[runs.count - 1].append(measurement)
        }
        return runs.map { TextTable(sameUnit: $0) }
    }

    private init(sameUnit measurements: [Measurement]) {
        let hasCeilings = measurements.contains { $0.ceiling != nil }
        let header = ["", measurements.first?.unit ?? ""] + (hasCeilings ? ["ceiling", "share"] : [])
        let rows = measurements.map { measurement in
            let against = [measurement.ceiling.map(figure) ?? "", measurement.share.map(percent) ?? ""]
            return [measurement.name, figure(measurement.value)] + (hasCeilings ? against : [])
        }
        self.init(header: header, rows: rows)
    }
}
