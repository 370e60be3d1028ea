import NIOCore

/// How long to wait before the next attempt to connect: twice as long each time, up to a limit, and never the same for
/// many clients at once.
struct Backoff {
    private let first: TimeAmount
    private let longest: TimeAmount
    private var next: TimeAmount

    init(first: TimeAmount = .milliseconds(50), longest: TimeAmount = .seconds(2)) {
        self.first = first
        self.longest = longest
        next = first
    }

    /// - Parameter jitter: uniformly random in 0..<1; the wait is between half and all of the current step.
    mutating func delay(jitter: Double) -> TimeAmount {
        defer { next = .nanoseconds(min(next.nanoseconds * 2, longest.nanoseconds)) }
        return .nanoseconds(Int64(Double(next.nanoseconds) * (0.5 + jitter / 2)))
    }

    /// After a success.
    mutating func reset() {
        next = first
    }
}
