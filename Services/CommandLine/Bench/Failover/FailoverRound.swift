internal import TerminalOutput

/// What the loss of a host in the middle of an answer did to it.
struct FailoverRound: Sendable, Equatable {
    /// The longest time between two tokens, in seconds: up to the loss, and from then on.
    let before: Double
    let after: Double
    /// Whether the text is that of an undisturbed answer.
    let isSameText: Bool

    var growth: Double { after - before }

    /// - Parameters:
    ///   - tokens: when each came, in seconds.
    ///   - loss: when the host was killed; the gap in which that is counts to what is after it.
    /// - Returns: nil where there is no gap on one of the sides.
    init?(tokens: [Double], loss: Double, isSameText: Bool) {
        var before: Double?, after: Double?
        for (start, end) in zip(tokens, tokens.dropFirst()) {
            if end <= loss { before = max(before ?? 0, end - start) } else { after = max(after ?? 0, end - start) }
        }
        guard let before, let after, let last = tokens.last, loss < last else { return nil }
        self.before = before
        self.after = after
        self.isSameText = isSameText
    }
}

/// All rounds with one number of copies.
struct FailoverFigures: Sendable {
    let copies: Int
    var rounds: [FailoverRound] = []

    var sameTexts: Int { rounds.count(where: \.isSameText) }

    /// The median and the largest value of each time, in milliseconds.
    private var times: [(name: String, median: Double, max: Double)] {
        let all: [(String, [Double])] = [
            ("gap_before", rounds.map(\.before)), ("gap_after", rounds.map(\.after)), ("growth", rounds.map(\.growth)),
        ]
        return all.map { name, seconds in (name, 1000 * median(seconds), 1000 * (seconds.max() ?? .nan)) }
    }

    /// - Parameter what: as `failover.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        let name = "\(what).copies\(copies)"
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
}

extension [FailoverFigures] {
    /// A row for each number of copies.
    var table: TextTable {
        let header = ["copies", "longest gap before, ms", "max", "after, ms", "max", "growth, ms", "max", "same text"]
        return TextTable(header: header, rows: map(\.row))
    }
}

extension FailoverFigures {
    fileprivate var row: [String] {
        ["\(copies)"] + times.flatMap { [decimal($0.median, places: 1), decimal($0.max, places: 1)] } + [
            "\(sameTexts) of \(rounds.count)"
        ]
    }
}
