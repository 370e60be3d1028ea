internal import AdminMessages

/// What the admin endpoints tell, and what they ask for.
extension ExpertHosts {
    /// - Parameter attention: what there is to tell of attention.
    func report(with attention: AttentionReport) -> PlanReport {
        let settings = plan.settings
        let predictions = plan.predictions.map { PlanReport.Prediction(mode: $0.key.rawValue, seconds: $0.value) }
        return PlanReport(
            version: plan.version, placement: settings.mode, mode: plan.current?.mode.rawValue ?? "none",
            copies: settings.copies, copiesHeld: plan.current?.placement.copies ?? 0,
            drained: settings.drained.sorted(),
            pins: settings.pins.map { ExpertPin(layer: $0.layer, expert: $0.expert, host: $0.host) },
            layers: inventory.layers.count, experts: inventory.layers.reduce(0) { $0 + $1.count },
            problem: plan.problem, hosts: membership.members.values.sorted { $0.name < $1.name }.map { report(of: $0) },
            rowsPerStep: load.rowsPerStep, predictions: predictions.sorted { $0.mode < $1.mode },
            measuredSeconds: load.expertSeconds, attention: attention)
    }

    private func report(of member: Member) -> PlanReport.Host {
        let wanted = member.units.wanted, there = member.units.ready.intersection(wanted)
        let health = clients[member.id]?.health
        return PlanReport.Host(
            name: member.name, address: "\(member.address)", kernels: member.kind.kernels, state: member.state,
            memoryBytes: member.memoryBytes, bandwidthBytesPerSecond: speed(of: member),
            announcedBytesPerSecond: member.bandwidth, bandwidthMeasurements: member.measurements,
            expertsWanted: Double(wanted.eighthCount) / 8, expertsReady: Double(there.eighthCount) / 8,
            bytesWanted: wanted.byteCount(inventory), bytesReady: there.byteCount(inventory),
            calls: health?.answerCount ?? 0, latencySeconds: health?.quantiles([0.5, 0.9, 0.99]) ?? [])
    }

    nonisolated var experts: ExpertsReport {
        ExpertsReport(
            tokens: load.totals, recent: load.recent, imbalance: load.imbalance, hottest: load.hottest,
            dropped: load.dropped)
    }

    /// Makes the change and lets a new plan be made.
    func apply(_ change: PlanChange) throws(PlanChangeError) {
        set(try change.applied(to: plan.settings, hosts: membership.members.keys, inventory))
    }
}

extension ExpertLoad {
    /// The experts that are used most of late, compared with the mean of their layers.
    fileprivate var hottest: [ExpertsReport.Hot] {
        let all = recent.enumerated().flatMap { layer, uses in
            let mean = uses.reduce(0, +) / Double(Swift.max(1, uses.count))
            return uses.enumerated().map {
                ExpertsReport.Hot(layer: layer, expert: $0, times: mean > 0 ? $1 / mean : 1)
            }
        }
        return Array(all.sorted { $0.times > $1.times }.prefix(Self.hottestCount))
    }

    private static let hottestCount = 10
}
