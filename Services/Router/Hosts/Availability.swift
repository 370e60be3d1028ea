/// Whether the hosts there are serve every expert, and what is told while they do not.
///
/// Most gaps are closed by the hosts that are left, in a moment: such a gap is told only when it has lasted long. One
/// that nobody closes is told at once, so that new requests go elsewhere. What has been told stays told until all is
/// there again.
struct Availability: Sendable {
    /// The hosts at one moment.
    struct Sight: Sendable, Equatable {
        /// Of all experts, in eighths: what hosts hold that answer.
        var held: Int
        var all: Int
        var connectedCount: Int
        /// Those that answer in time.
        var soundCount: Int
        /// The plan gives whatever is not held to hosts that answer.
        var isBeingLoaded: Bool
        /// How many hosts the first plan waits for; nil once there was one.
        var expectedCount: Int?
        /// Why there is no plan for these hosts.
        var problem: String?
        /// What was wrong with the weights of the host that was taken out last.
        var damage: String?

        var isWhole: Bool { held == all && soundCount > 0 }
        var fraction: Double { Double(held) / Double(max(1, all)) }
    }

    private enum State {
        /// Not everything was there yet, which is told at once.
        case starting
        case whole
        /// Something is missing since then. Once that was told, it stays told.
        case broken(since: Duration, isTold: Bool)
    }

    /// How long a gap may last that is being closed.
    let patience: Duration
    private var state = State.starting

    init(patience: Duration) { self.patience = patience }

    var isWhole: Bool {
        if case .whole = state { true } else { false }
    }

    /// - Parameter now: on any clock that only goes forward.
    /// - Returns: what is missing, as requests and probes are told; nil where nothing is, or nothing is told yet.
    mutating func look(_ sight: Sight, at now: Duration) -> String? {
        guard !sight.isWhole else {
            state = .whole
            return nil
        }
        switch state {
        case .starting: return Self.reason(sight)
        case .whole: state = .broken(since: now, isTold: wait(sight) <= .zero)
        case .broken(let since, let isTold):
            state = .broken(since: since, isTold: isTold || now - since >= wait(sight))
        }
        guard case .broken(_, isTold: true) = state else { return nil }
        return Self.reason(sight)
    }

    private func wait(_ sight: Sight) -> Duration {
        if sight.soundCount == 0 { return .zero }
        return sight.isBeingLoaded ? patience : min(Self.planningTime, patience)
    }

    private static func reason(_ sight: Sight) -> String {
        if let expected = sight.expectedCount {
            let waiting = "\(sight.connectedCount) of \(expected) expert hosts are connected"
            return sight.problem ?? sight.damage ?? waiting
        }
        if sight.connectedCount == 0 { return sight.damage ?? "no expert host is connected" }
        if sight.soundCount == 0 { return sight.damage ?? "no expert host answers" }
        let loading = "experts are being loaded: \(sight.held / 8) of \(sight.all / 8) are there"
        return sight.isBeingLoaded ? loading : sight.problem ?? sight.damage ?? loading
    }

    /// In which the hosts that are left have a plan, if there is one.
    private static let planningTime = Duration.seconds(1)
}
