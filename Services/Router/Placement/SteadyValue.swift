/// A number above zero that noise does not move: it changes when what was seen lay clearly to one side of it for
/// several looks running.
struct SteadyValue: Sendable, Equatable {
    private(set) var value: Double
    /// What was seen of late, all clearly above `value` or all clearly below.
    private var run: [Double] = []

    /// A number within this factor of `value`, up or down, counts as equal to it.
    static let noise = 1.3

    init(_ value: Double) { self.value = value }

    /// - Parameter looks: how many have to agree.
    /// - Returns: whether the value has changed: to the median of what was seen in these looks.
    mutating func see(_ seen: Double, looks: Int) -> Bool {
        guard seen > 0, seen.isFinite, max(seen / value, value / seen) > Self.noise else {
            run = []
            return false
        }
        if let last = run.last, (last > value) != (seen > value) { run = [] }
        run.append(seen)
        guard run.count >= looks else { return false }
        value = run.middle
        run = []
        return true
    }
}

extension [Double] {
    /// The median of numbers above zero; of two in the middle the geometric mean. Not a number where there is none.
    var middle: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(count - 1) / 2] * sorted[count / 2]).squareRoot()
    }
}
