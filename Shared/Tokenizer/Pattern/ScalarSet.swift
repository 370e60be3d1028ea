/// A set of Unicode scalars as an inversion list: `bounds` ascends, and the members are
/// `bounds[0]..<bounds[1]`, `bounds[2]..<bounds[3]` and so on.
struct ScalarSet: Equatable, Sendable {
    private static let end: UInt32 = 0x11_0000
    let bounds: [UInt32]

    static let none = ScalarSet(bounds: [])

    private init(bounds: [UInt32]) { self.bounds = bounds }

    init(_ range: ClosedRange<UInt32>) { bounds = [range.lowerBound, range.upperBound + 1] }

    init(_ scalar: Unicode.Scalar) { self.init(scalar.value ... scalar.value) }

    /// `ranges` must ascend and not touch.
    init(ascending ranges: [Range<UInt32>]) { bounds = ranges.flatMap { [$0.lowerBound, $0.upperBound] } }

    var isEmpty: Bool { bounds.isEmpty }

    var ranges: [Range<UInt32>] { stride(from: 0, to: bounds.count, by: 2).map { bounds[$0] ..< bounds[$0 + 1] } }

    var complement: ScalarSet {
        var result = bounds
        if result.first == 0 { result.removeFirst() } else { result.insert(0, at: 0) }
        if result.last == Self.end { result.removeLast() } else { result.append(Self.end) }
        return ScalarSet(bounds: result)
    }

    func union(_ other: ScalarSet) -> ScalarSet { combined(with: other) { $0 || $1 } }

    func intersection(_ other: ScalarSet) -> ScalarSet { combined(with: other) { $0 && $1 } }

    func contains(_ scalar: UInt32) -> Bool {
        var low = 0, high = bounds.count        // how many bounds are at or below the scalar: odd means inside
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] <= scalar { low = middle + 1 } else { high = middle }
        }
        return low & 1 == 1
    }

    /// Sweeps both lists; `isMember` says from membership in each whether a scalar belongs to the result.
    private func combined(with other: ScalarSet, _ isMember: (Bool, Bool) -> Bool) -> ScalarSet {
        var result: [UInt32] = []
        var mine = 0, theirs = 0
        while mine < bounds.count || theirs < other.bounds.count {
            let next = min(
                mine < bounds.count ? bounds[mine] : Self.end,
                theirs < other.bounds.count ? other.bounds[theirs] : Self.end)
            if mine < bounds.count, bounds[mine] == next { mine += 1 }
            if theirs < other.bounds.count, other.bounds[theirs] == next { theirs += 1 }
            if isMember(mine & 1 == 1, theirs & 1 == 1) != (result.count & 1 == 1) { result.append(next) }
        }
        return ScalarSet(bounds: result)
    }
}
