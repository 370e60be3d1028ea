/// Whether the hosts there are serve every expert, and what is told while they do not.
///
/// Most gaps are closed by the hosts that are left, in a moment: such a gap is told only when it has lasted long. One that nobody closes is told at
/// once, so that new requests go elsewhere. What has been told stays told until everything is there again.
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

    /// How long a gap may last that is being closed.
    let patience: Duration
    private var wasWhole = false
    private var brokenSince: Duration?
    private var isTold = false

    init(patience: Duration) { self.patience = patience }

    var isWhole: Bool { wasWhole && brokenSince == nil }

    /// - Parameter now: on any clock that only goes forward.
    /// - Returns: what is missing, as requests and probes are told; nil where nothing is, or nothing is told yet.
    mutating func look(_ sight: Sight, at now: Duration) -> String? {
        guard !sight.isWhole else {
            (wasWhole, brokenSince, isTold) = (true, nil, false)
            return nil
        }
        let since = brokenSince ?? now
        brokenSince = since
        isTold = isTold || now - since >= wait(sight)
        return isTold ? Self.reason(sight) : nil
    }

    private func wait(_ sight: Sight) -> Duration {
        if !wasWhole || sight.soundCount == 0 { return .zero }
        return sight.isBeingLoaded ? patience : min(Self.planningTime, patience)
    }

    private static func reason(_ sight: Sight) -> String {
        if let expected = sight.expectedCount { return sight.problem ?? sight.damage ?? "\(sight.connectedCount) of \(expected) expert hosts are connected" }
        if sight.connectedCount == 0 { return sight.damage ?? "no expert host is connected" }
        if sight.soundCount == 0 { return sight.damage ?? "no expert host answers" }
        let loading = "experts are being loaded: \(sight.held / 8) of \(sight.all / 8) are there"
        return sight.isBeingLoaded ? loading : sight.problem ?? sight.damage ?? loading
    }

    /// In which the hosts that are left have a plan, if there is one.
    private static let planningTime = Duration.seconds(1)
}
