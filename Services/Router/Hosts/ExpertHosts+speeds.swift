internal import Logging

/// How fast hosts are taken to be.
extension ExpertHosts {
    /// Bytes a second.
    func speed(_ member: Member) -> Double { speeds.speed(of: seen(member)) }

    /// What a host says of itself.
    func seen(_ member: Member) -> HostSpeeds.Host {
        HostSpeeds.Host(
            instance: "\(member.host.name) \(member.host.instance)", kind: member.host.kind, bandwidth: member.bandwidth, measurements: member.measurements)
    }

    /// - Returns: whether hosts are taken for faster or slower than before.
    func lookAtSpeeds() -> Bool {
        guard hasPlanned else { return false }
        let connected = members.values.filter(\.isConnected), before = connected.map { speed($0) }
        let isNews = speeds.look(connected.map { member in
            var host = seen(member)
            host.calls = member.host.health.readSpeed(bandwidth: member.host.bandwidth, bytesMin: speed(member) * Self.readingSecondsMin)
            return host
        })
        guard isNews else { return false }
        for (member, before) in zip(connected, before) where speed(member) != before {
            logger.info("expert host's speed", metadata: ["host": "\(member.host.name)", "bandwidth": "\(Int(speed(member)))", "before": "\(Int(before))"])
        }
        return true
    }

    /// Shorter calls say how long the way takes, not how fast a host reads.
    private static let readingSecondsMin = 0.5e-3
}
