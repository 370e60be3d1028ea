internal import Cluster

/// What others are told: dispatch, requests, metrics.
extension ExpertHosts {
    func publish() {
        var table = RoutingTable()
        // Those that are about to go come last, so that nobody is sent to them without need.
        table.members = members.values.filter(\.isConnected).sorted { ($0.isDraining ? 1 : 0, $0.host.name) < ($1.isDraining ? 1 : 0, $1.host.name) }
            .map { RoutingTable.Member(host: $0.host, ready: $0.ready, wanted: $0.wanted) }
        table.cuts = cuts
        table.hasCopies = table.members.reduce(0) { $0 + $1.ready.eighthCount } > heldEighths(by: table.members)
        routing.publish(table)
        let sound = table.members.filter { !$0.host.health.isSuspect }
        let held = heldEighths(by: sound.isEmpty ? table.members : sound), all = inventory.layers.reduce(0) { $0 + $1.count } * 8
        if isWhole, held < all { brokenSince = now }
        isWhole = held == all
        tell(held: held, of: all)
        metrics.record(members: members.values, version: version, heldShare: Double(held) / Double(max(1, all)))
    }

    /// Of all experts, what any of the members holds.
    func heldEighths(by members: [RoutingTable.Member]) -> Int {
        members.reduce(into: UnitMap(inventory)) { $0.formUnion($1.ready) }.eighthCount
    }

    func tell(held: Int = 0, of all: Int = 1) {
        let connected = members.values.count(where: \.isConnected)
        if isWhole {
            (wasWhole, lastDamage) = (true, nil)
            return status.setExperts(missing: nil)
        }
        guard hasPlanned else {
            let waiting = "\(connected) of \(config.expected) expert hosts are connected"
            return status.setExperts(missing: problem ?? lastDamage ?? waiting, fraction: 0)
        }
        // A gap that is being closed is not worth refusing a request for.
        guard !wasWhole || now - brokenSince > config.patience else { return }
        let loading = "experts are being loaded: \(held / 8) of \(all / 8) are there"
        let waiting = connected == 0 ? "no expert host is ready" : loading
        status.setExperts(missing: problem ?? lastDamage ?? waiting, fraction: Double(held) / Double(all))
    }

    /// What no event tells: time that has passed, loads that have shifted.
    func lookRegularly() async throws {
        var looks = 0
        while true {
            try await Task.sleep(for: Self.lookPeriod)
            routing.ring()
            if !isWhole { publish() }
            quarantine.tidy(at: now)
            looks += 1
            guard looks % Self.looksPerPlan == 0, load.hasNews() else { continue }
            load.report()
            changed.yield()
        }
    }

    private static let lookPeriod = Duration.milliseconds(250)
    private static let looksPerPlan = 20
}
