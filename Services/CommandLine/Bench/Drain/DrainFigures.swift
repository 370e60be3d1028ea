internal import LocalCluster
internal import TerminalOutput

/// All rounds.
struct DrainFigures: Sendable {
    /// What the service had to end.
    let graceSeconds: Int
    var rounds: [DrainRound] = []

    /// What went wrong, in which round.
    var problems: [String] {
        rounds.enumerated().flatMap { index, round in
            round.problems(graceSeconds: graceSeconds).map { "round \(index + 1): \($0)" }
        }
    }

    /// - Parameter what: as `drain.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        let times: [(name: String, unit: String, values: [Double])] = [
            ("exit_time", "s", rounds.map(\.stop.seconds)),
            ("gap_before", "ms", rounds.map { 1000 * $0.gaps.before }),
            ("gap_after", "ms", rounds.map { 1000 * $0.gaps.after }),
            ("growth", "ms", rounds.map { 1000 * $0.gaps.growth }),
        ]
        let sums: [(name: String, unit: String, values: [Int])] = [
            ("exits_in_order", "services", rounds.map { $0.stop.exit == .exited(0) ? 1 : 0 }),
            ("sessions", "sessions", rounds.map(\.sessions)),
            ("sessions_held", "sessions", rounds.map(\.sessionsHeld)),
            ("sessions_right", "sessions", rounds.map(\.sessionsRight)),
            ("sessions_kept", "sessions", rounds.map(\.sessionsKept)),
            ("streams", "answers", rounds.map(\.streams)),
            ("streams_held", "answers", rounds.map(\.stop.streams)),
            ("streams_same_text", "answers", rounds.map(\.sameStreams)),
        ]
        return times.flatMap { time in
            [
                Measurement(name: "\(what).\(time.name).median", value: median(time.values), unit: time.unit),
                Measurement(name: "\(what).\(time.name).max", value: time.values.max() ?? .nan, unit: time.unit),
            ]
        } + [
            Measurement(name: "\(what).grace", value: Double(graceSeconds), unit: "s"),
            Measurement(name: "\(what).rounds", value: Double(rounds.count), unit: "services"),
        ]
            + sums.map {
                Measurement(name: "\(what).\($0.name)", value: Double($0.values.reduce(0, +)), unit: $0.unit)
            }
    }

    /// A row for each round.
    var table: TextTable {
        let header = [
            "round", "service", "exit", "after, s", "of, s", "sessions on it", "right", "kept", "streams on it",
            "same text", "longest gap before, ms", "after, ms", "growth, ms",
        ]
        return TextTable(header: header, rows: rounds.enumerated().map { row($0 + 1, $1) })
    }

    private func row(_ number: Int, _ round: DrainRound) -> [String] {
        func of(_ count: Int, _ all: Int) -> String { "\(count) of \(all)" }
        return [
            "\(number)", round.stop.name, "\(round.stop.exit)", decimal(round.stop.seconds, places: 1),
            "\(graceSeconds)", of(round.sessionsHeld, round.sessions), of(round.sessionsRight, round.sessions),
            of(round.sessionsKept, round.sessions), of(round.stop.streams, round.streams),
            of(round.sameStreams, round.streams),
        ] + [round.gaps.before, round.gaps.after, round.gaps.growth].map { decimal(1000 * $0, places: 1) }
    }
}
