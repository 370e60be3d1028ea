import NIOCore

/// When to look at a table of deadlines next. Deadlines mostly come in rising order and calls mostly end before theirs,
/// so one timer, set rarely, serves a whole connection.
struct EarliestDeadline {
    private(set) var value: NIODeadline?

    mutating func add(_ deadline: NIODeadline?) {
        guard let deadline else { return }
        value = min(value ?? deadline, deadline)
    }

    /// True once the earliest is reached; the caller then looks at all its deadlines and adds those that are left.
    mutating func isReached(at now: NIODeadline) -> Bool {
        guard let value, value <= now else { return false }
        self.value = nil
        return true
    }
}
