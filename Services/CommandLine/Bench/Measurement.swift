internal import Console

/// One figure of a benchmark, and what it is measured against.
struct Measurement: Sendable, Equatable {
    enum Better: Sendable { case higher, lower }

    /// Dotted, as `kernels.bf16.rows1.avx512.exact`.
    let name: String
    /// The median of all rounds.
    let value: Double
    let unit: String
    /// The best that could be, in the same unit, measured in the same run.
    var ceiling: Double?
    var better = Better.higher

    /// How much of what could be reached is reached; 1 is all of it.
    var share: Double? {
        guard let ceiling, ceiling > 0, value > 0 else { return nil }
        return better == .higher ? value / ceiling : ceiling / value
    }

    /// One line of JSON.
    var json: String {
        var fields = ["\"name\":\(jsonString(name))", "\"value\":\(Self.json(value))", "\"unit\":\(jsonString(unit))"]
        if let ceiling { fields.append("\"ceiling\":\(Self.json(ceiling))") }
        if let share { fields.append("\"share\":\(Self.json(share))") }
        return "{\(fields.joined(separator: ","))}"
    }

    private static func json(_ number: Double) -> String { number.isFinite ? "\(number)" : "null" }
}
