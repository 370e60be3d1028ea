internal import Transport

/// What one router has said to this process's announcements: when the next one is due, and what has changed.
///
/// Times are on a clock that does not go back.
struct AnnouncerState {
    static let period = Duration.seconds(1), shortPeriod = Duration.milliseconds(100)
    /// For so long after its arrival a process announces itself every `shortPeriod`, until the plan holds it.
    static let arrivalTime = Duration.seconds(5)

    /// When this process came, or when the router that it knows began.
    private var arrival: Duration
    /// The run of the router that answered last.
    private var router: String?
    /// Whether the router's plan holds this process.
    private var isPlanned = false
    /// Nil where the last announcement was answered.
    private var lastError: RPCError?

    init(at now: Duration) { arrival = now }

    /// The router has answered.
    ///
    /// - Parameters:
    ///   - router: its instance, which changes with every start of it.
    ///   - planVersion: 0 while no plan holds this process.
    /// - Returns: the router's earlier run, if this is a new one: what was held for it can be dropped.
    mutating func answered(by router: String, planVersion: Int, at now: Duration) -> String? {
        let earlier = self.router == router ? nil : self.router
        if self.router != router { arrival = now }
        (self.router, isPlanned, lastError) = (router, planVersion > 0, nil)
        return earlier
    }

    /// The announcement was not answered.
    ///
    /// - Returns: whether this is another trouble than the last time, and so is to be told.
    mutating func failed(_ error: RPCError) -> Bool {
        defer { lastError = error }
        return error != lastError
    }

    /// How long to wait before the next announcement.
    func pause(at now: Duration) -> Duration {
        let isArriving = !isPlanned && now - arrival < Self.arrivalTime
        return lastError == nil && !isArriving ? Self.period : Self.shortPeriod
    }
}
