internal import TerminalOutput

/// All rounds in which the same kind of process was lost, with one number of copies of each expert.
struct FailoverFigures: Sendable {
    let loss: Loss
    let copies: Int
    var rounds: [FailoverRound] = []

    var sameTexts: Int { rounds.count(where: \.isSameText) }

    /// Of one kind of time in all rounds, in milliseconds.
    private struct Time {
        let name: String
        let title: String
        let median: Double
        let max: Double

        init(_ name: String, _ title: String, _ seconds: [Double]) {
            (self.name, self.title) = (name, title)
            median = 1000 * TerminalOutput.median(seconds)
            max = 1000 * (seconds.max() ?? .nan)
        }
    }

    private var times: [Time] {
        let gaps = [
            Time("gap_before", "longest gap before, ms", rounds.map(\.gaps.before)),
            Time("gap_after", "after, ms", rounds.map(\.gaps.after)),
            Time("growth", "growth, ms", rounds.map(\.gaps.growth)),
        ]
        guard loss == .attention else { return gaps }
        return gaps + [
            Time("reading", "reading again, ms", rounds.compactMap(\.reading)),
            Time("growth_less_reading", "growth less reading, ms", rounds.compactMap(\.excess)),
        ]
    }

    /// - Parameter what: as `failover.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        let name = loss == .attention ? "\(what).attention" : "\(what).copies\(copies)"
        return times.flatMap { time in
            [
                Measurement(name: "\(name).\(time.name).median", value: time.median, unit: "ms"),
                Measurement(name: "\(name).\(time.name).max", value: time.max, unit: "ms"),
            ]
        } + [
            Measurement(name: "\(name).rounds", value: Double(rounds.count), unit: "answers"),
            Measurement(name: "\(name).same_text", value: Double(sameTexts), unit: "answers"),
        ]
    }

    fileprivate var header: [String] {
        ["lost", "copies"] + times.flatMap { [$0.title, "max"] } + ["same text"]
    }

    fileprivate var row: [String] {
        [loss.rawValue, "\(copies)"]
            + times.flatMap { [decimal($0.median, places: 1), decimal($0.max, places: 1)] }
            + ["\(sameTexts) of \(rounds.count)"]
    }
}

extension [FailoverFigures] {
    /// A table for each kind of loss, with a row for each number of copies.
    var tables: [TextTable] {
        Loss.allCases.compactMap { loss in
            let figures = filter { $0.loss == loss }
            return figures.first.map { TextTable(header: $0.header, rows: figures.map(\.row)) }
        }
    }
}
