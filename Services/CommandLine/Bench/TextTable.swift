/// A table for people: the first column left, the others right, two spaces between.
struct TextTable: Sendable, Equatable {
    let header: [String]
    var rows: [[String]] = []

    /// Lines without trailing spaces, the header first.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension TextTable {
    /// One table for each run of figures of the same unit, which stands in the header.
    static func tables(of measurements: [Measurement]) -> [TextTable] {
        var runs: [[Measurement]] = []
        for measurement in measurements {
            if runs.last?.last?.unit == measurement.unit { runs[runs.count - 1].append(measurement) } else { runs.append([measurement]) }
        }
        return runs.map { TextTable(sameUnit: $0) }
    }

    private init(sameUnit measurements: [Measurement]) {
        let hasCeilings = measurements.contains { $0.ceiling != nil }
        header = ["", measurements.first?.unit ?? ""] + (hasCeilings ? ["ceiling", "share"] : [])
        rows = measurements.map { measurement in
            let against = [measurement.ceiling.map(figure) ?? "", measurement.share.map(percent) ?? ""]
            return [measurement.name, figure(measurement.value)] + (hasCeilings ? against : [])
        }
    }
}

/// Three or more digits that count: `1234`, `123`, `12.3`, `1.23`, `0.123`.
func figure(_ number: Double) -> String {
    let places = switch abs(number) {
    case 100...: 0
    case 10..<100: 1
    case 1..<10: 2
    default: 3
    }
    return decimal(number, places: places)
}

func percent(_ share: Double) -> String { "\(decimal(share * 100, places: 0)) %" }

/// `number` rounded to so many places; a dash for what is no number.
func decimal(_ number: Double, places: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "–" }
    let scale = (0 ..< places).reduce(1) { scale, _ in scale * 10 }
    let units = Int((abs(number) * Double(scale)).rounded())
    let sign = number < 0 && units > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % scale)
    return "\(sign)\(units / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
}
