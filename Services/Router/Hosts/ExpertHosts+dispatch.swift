internal import Logging
internal import Messages

/// What dispatch has seen of hosts, and what it lacks.
extension ExpertHosts {
    /// Nobody holds units of this layer that a step waits for.
    nonisolated func need(layer: Int) { needed.yield(layer) }

    /// A host let a deadline pass: as long as it answers nothing, others hold its units.
    func late(_ host: ExpertHostClient, why: String) {
        guard isKnown(host) else { return }
        if host.health.lapsed(atMost: Self.lapsesMax) { return lost(host, why: why) }
        guard host.health.suspect() else { return }
        logger.notice("expert host does not answer", metadata: ["host": "\(host.name)", "why": "\(why)"])
        host.ring()
        publish()
        changed.yield()
    }

    /// A host may have answered wrongly: others hold its units while they are asked the same.
    ///
    /// - Returns: false where there are no others.
    func doubt(_ host: ExpertHostClient) -> Bool {
        guard members.values.contains(where: { $0.isConnected && $0.host.rpc !== host.rpc && !$0.host.health.isSuspect }) else { return false }
        guard change(host, { $0.isDoubted = true }) else { return true }
        _ = host.health.suspect()
        publish()
        changed.yield()
        return true
    }

    /// Others answered no better.
    func believe(_ host: ExpertHostClient) {
        guard change(host, { $0.isDoubted = false }), host.health.trust() else { return }
        publish()
        changed.yield()
    }

    /// A host does not hold what it said it did.
    func lacks(_ host: ExpertHostClient, layer: Int, _ pieces: [ExpertPiece]) {
        change(host) { member in
            for piece in pieces { member.ready.subtract(ExpertUnit(layer: layer, expert: piece.expert, slice: piece.slice)) }
        }
        publish()
        host.ring()
    }

    func hurry(_ layer: Int) {
        neededLayer = layer
        for member in members.values { member.host.ring() }
    }

    /// Deadlines that a host may let pass in a row.
    private static let lapsesMax = 3
}
