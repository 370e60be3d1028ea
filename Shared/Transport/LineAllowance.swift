package import NIOCore

/// How many lines of one kind a log gets: some at once, then one in each interval. So whoever can cause a line cannot
/// fill the log.
package struct LineAllowance: Sendable {
    private let burst: Int
    private let interval: TimeAmount
    private var left: Int
    private var refilledAt: NIODeadline
    private var leftOut = 0

    /// Allows `burst` lines at once, and one more for each `interval`, which must be longer than zero.
    package init(burst: Int, interval: TimeAmount, now: NIODeadline = .now()) {
        (self.burst, self.interval, left, refilledAt) = (burst, interval, burst, now)
    }

    /// - Returns: nil where the line is to be left out; otherwise how many were since the last one.
    package mutating func take(at now: NIODeadline = .now()) -> Int? {
        let intervals = (now - refilledAt).nanoseconds / interval.nanoseconds
        if intervals > 0 {
            left = min(burst, left + Int(min(intervals, Int64(burst))))
            refilledAt = refilledAt + .nanoseconds(intervals * interval.nanoseconds)
        }
        guard left > 0 else {
            leftOut += 1
            return nil
        }
        left -= 1
        defer { leftOut = 0 }
        return leftOut
    }
}
