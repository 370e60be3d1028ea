/// When a log, which keeps every line, is told of work that takes long: at once, then after a while each time.
struct LogPace {
    /// From one line to the next.
    static let seconds = 10.0
    private var next = 0.0

    /// - Parameter seconds: since the work began.
    /// - Returns: whether a line is due; then the next one is due `Self.seconds` later.
    mutating func isDue(at seconds: Double) -> Bool {
        guard seconds >= next else { return false }
        next = seconds + Self.seconds
        return true
    }
}
