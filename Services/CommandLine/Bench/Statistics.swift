internal import TerminalOutput

/// The smallest sample that `percent` % of all samples do not exceed (nearest rank). NaN where nothing was measured.
func percentile(_ percent: Double, of samples: some Sequence<Double>) -> Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    let rank = Int((Double(sorted.count) * min(max(percent, 0), 100) / 100).rounded(.up))
    return sorted[max(rank, 1) - 1]
}

/// Samples under names, in the order in which the names came first.
struct Samples: Sendable {
    private(set) var names: [String] = []
    private var values: [String: [Double]] = [:]

    mutating func add(_ value: Double, to name: String) {
        if values[name] == nil { names.append(name) }
        values[name, default: []].append(value)
    }

    /// The median of what came under `name`; NaN where nothing did.
    subscript(name: String) -> Double { median(values[name] ?? []) }
}
