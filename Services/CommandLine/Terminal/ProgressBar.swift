/// How far a long piece of work is, as one line of text: no clock or terminal in here.
package struct ProgressBar: Sendable {
    /// What is counted.
    package enum Unit: Sendable { case bytes, count }

    private let title: String
    private let total: Int
    private let unit: Unit

    /// - Parameters:
    ///   - title: what is being done.
    ///   - total: the amount of all work, at least 1.
    package init(title: String, total: Int, unit: Unit = .bytes) {
        self.title = title
        self.total = total
        self.unit = unit
    }

    /// For a terminal of `width` columns: `title [====>   ] 45 %  2.6 GiB of 5.5 GiB  1.1 GiB/s  3 s left`; the bar
    /// takes what is left.
    func text(done: Int, seconds: Double, width: Int) -> String {
        let part = fraction(done)
        let rest = "\(percent(part)) %  \(amounts(done))\(speed(done, seconds))"
        let barWidth = min(max(width - title.count - rest.count - 5, 8), 32)
        let filled = Int(part * Double(barWidth))
        let full = String(repeating: "=", count: filled) + ">" + String(repeating: " ", count: barWidth)
        return String("\(title) [\(full.prefix(barWidth))] \(rest)".prefix(max(width - 1, 1)))
    }

    /// For a log: `title: 40 %, 2.2 GiB of 5.5 GiB`, once for each tenth; nil where `done` is in the same tenth as
    /// `before`.
    func change(from before: Int, to done: Int) -> String? {
        let tenth = Int(fraction(done) * 10)
        guard tenth > Int(fraction(before) * 10) else { return nil }
        return "\(title): \(tenth * 10) %, \(amounts(done))"
    }

    private func fraction(_ done: Int) -> Double { min(max(Double(done) / Double(max(total, 1)), 0), 1) }

    private func percent(_ fraction: Double) -> String {
        let digits = String(Int(fraction * 100))
        return String(repeating: " ", count: 3 - digits.count) + digits
    }

    private func amounts(_ done: Int) -> String { "\(amount(done)) of \(amount(total))" }

    private func amount(_ number: Int) -> String { unit == .bytes ? Amount.bytes(number) : Amount.grouped(number) }

    /// Nothing for the first second, in which no speed is known.
    private func speed(_ done: Int, _ seconds: Double) -> String {
        guard seconds >= 1, done > 0 else { return "" }
        let rate = Double(done) / seconds
        let left = Double(max(total - done, 0)) / rate
        let speed = unit == .bytes ? "\(Amount.bytes(Int(min(rate, 1e18))))/s" : "\(oneDecimal(rate)) a second"
        return "  \(speed)" + (left > 0 ? "  \(Amount.duration(left)) left" : "")
    }
}
