/// What `/admin/plan` tells: who holds what, and why.
struct PlanReport: Codable, Sendable {
    struct Host: Codable, Sendable {
        let name: String
        let address: String
        let kernels: String
        /// connecting, loading, ready, late, draining or empty.
        let state: String
        let memoryBytes: Int
        /// What the plan takes it for, and what it says itself: the median of so many measurements, or 0 where its operator has set it.
        let bandwidthBytesPerSecond: Double
        let announcedBytesPerSecond: Double
        let bandwidthMeasurements: Int
        /// In whole experts: of the plan, and there already.
        let expertsWanted: Double
        let expertsReady: Double
        let bytesWanted: Int
        let bytesReady: Int
        let calls: Int
        /// Of recent calls: p50, p90, p99; empty before the first.
        let latencySeconds: [Double]
    }
    struct Prediction: Codable, Sendable {
        let mode: String
        /// Of the experts' part of a step with `rows` rows.
        let seconds: Double
    }

    let version: Int
    /// As it was asked for.
    let placement: PlacementSettings.Mode
    /// In use.
    let mode: String
    let copies: Int
    /// The least copies that any unit has.
    let copiesHeld: Int
    let drained: [String]
    let pins: [PinReport]
    let layers: Int
    let experts: Int
    let problem: String?
    let hosts: [Host]
    /// Rows of recent steps, on average.
    let rowsPerStep: Int
    let predictions: [Prediction]
    /// The experts' part of recent steps, in seconds.
    let measuredSeconds: Double
}

struct PinReport: Codable, Sendable {
    let layer: Int
    let expert: Int
    let host: String
}

/// What `/admin/experts` tells: how much each expert is used.
struct ExpertsReport: Codable, Sendable {
    struct Hot: Codable, Sendable {
        let layer: Int
        let expert: Int
        /// Of the layer's mean.
        let times: Double
    }

    /// Uses since the router started, by layer and expert.
    let tokens: [[Int]]
    /// Uses of late.
    let recent: [[Double]]
    /// The most used expert of each layer to the layer's mean, of late.
    let imbalance: [Double]
    let hottest: [Hot]
    /// Uses left out for lack of capacity (`--capacity-factor`).
    let dropped: Int
}

extension ExpertHosts {
    var report: PlanReport {
        PlanReport(
            version: version, placement: settings.mode, mode: mode?.rawValue ?? "none", copies: settings.copies, copiesHeld: placement?.copies ?? 0,
            drained: settings.drained.sorted(), pins: settings.pins.map { PinReport(layer: $0.layer, expert: $0.expert, host: $0.host) },
            layers: inventory.layers.count, experts: inventory.layers.reduce(0) { $0 + $1.count }, problem: problem,
            hosts: members.values.sorted { $0.host.name < $1.host.name }.map { PlanReport.Host($0, inventory, speed: speed($0)) },
            rowsPerStep: load.rowsPerStep, predictions: predictions.map { PlanReport.Prediction(mode: $0.key.rawValue, seconds: $0.value) }.sorted { $0.mode < $1.mode },
            measuredSeconds: load.expertSeconds)
    }

    nonisolated var experts: ExpertsReport {
        let recent = load.recent, hottest = recent.enumerated().flatMap { layer, uses in
            let mean = uses.reduce(0, +) / Double(max(1, uses.count))
            return uses.enumerated().map { ExpertsReport.Hot(layer: layer, expert: $0, times: mean > 0 ? $1 / mean : 1) }
        }.sorted { $0.times > $1.times }.prefix(Self.hottestCount)
        return ExpertsReport(tokens: load.totals, recent: recent, imbalance: load.imbalance, hottest: Array(hottest), dropped: load.dropped)
    }

    private static let hottestCount = 10
}

extension PlanReport.Host {
    fileprivate init(_ member: ExpertHosts.Member, _ inventory: ExpertInventory, speed: Double) {
        let host = member.host, there = member.ready.intersection(member.wanted)
        self.init(
            name: host.name, address: "\(host.address)", kernels: host.kind.kernels, state: member.stateName,
            memoryBytes: host.memoryBytes, bandwidthBytesPerSecond: speed, announcedBytesPerSecond: member.bandwidth, bandwidthMeasurements: member.measurements,
            expertsWanted: Double(member.wanted.eighthCount) / 8, expertsReady: Double(there.eighthCount) / 8,
            bytesWanted: member.wanted.byteCount(inventory), bytesReady: there.byteCount(inventory),
            calls: host.health.answerCount, latencySeconds: host.health.quantiles([0.5, 0.9, 0.99]))
    }
}

extension ExpertHosts.Member {
    fileprivate var stateName: String {
        if !isConnected { return "connecting" }
        if host.health.isSuspect { return "late" }
        if isDraining { return "draining" }
        if !isSettled { return "loading" }
        return wanted.eighthCount == 0 ? "empty" : "ready"
    }
}
