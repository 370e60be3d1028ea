internal import Cluster

/// What others are told: dispatch, requests, metrics.
extension ExpertHosts {
    func publish() {
        var table = RoutingTable()
        // Those that are about to go come last, so that nobody is sent to them without need.
        table.members = members.values.filter(\.isConnected).sorted { ($0.isDraining ? 1 : 0, $0.host.name) < ($1.isDraining ? 1 : 0, $1.host.name) }
            .map { RoutingTable.Member(host: $0.host, ready: $0.ready, wanted: $0.wanted, speed: speed($0)) }
        table.cuts = cuts
        table.hasCopies = table.members.reduce(0) { $0 + $1.ready.eighthCount } > heldEighths(by: table.members)
        routing.publish(table)
        let sight = sight(table.members)
        if sight.isWhole { lastDamage = nil }
        status.setExperts(missing: availability.look(sight, at: now), fraction: sight.fraction, isBeingLoaded: sight.isBeingLoaded)
        metrics.record(members: members.values, version: version, heldShare: sight.fraction)
    }

    /// What availability is judged by. Hosts that are late count only where there is nobody else.
    private func sight(_ connected: [RoutingTable.Member]) -> Availability.Sight {
        let sound = connected.filter { !$0.host.health.isSuspect }, holders = sound.isEmpty ? connected : sound
        let held = heldEighths(by: holders), all = inventory.layers.reduce(0) { $0 + $1.count } * 8
        let planned = held == all ? all : holders.reduce(into: UnitMap(inventory)) {
            $0.formUnion($1.ready)
            $0.formUnion($1.wanted)
        }.eighthCount
        return Availability.Sight(
            held: held, all: all, connectedCount: connected.count, soundCount: sound.count, isBeingLoaded: planned == all,
            expectedCount: hasPlanned ? nil : config.expected, problem: problem,
            damage: lastDamage)
    }

    /// Of all experts, what any of the members holds.
    func heldEighths(by members: [RoutingTable.Member]) -> Int {
        members.reduce(into: UnitMap(inventory)) { $0.formUnion($1.ready) }.eighthCount
    }

    /// What no event tells: time that has passed, loads that have shifted.
    func lookRegularly() async throws {
        var looks = 0
        while true {
            try await Task.sleep(for: Self.lookPeriod)
            routing.ring()
            if !availability.isWhole { publish() }
            quarantine.tidy(at: now)
            looks += 1
            guard looks % Self.looksPerPlan == 0 else { continue }
            let isLoadNews = load.hasNews(), areSpeedsNews = lookAtSpeeds()
            if isLoadNews { load.report() }
            if isLoadNews || areSpeedsNews { changed.yield() }
        }
    }

    private static let lookPeriod = Duration.milliseconds(250)
    private static let looksPerPlan = 20
}
