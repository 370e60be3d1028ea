/// What `GET /admin/plan` of a router tells: who holds what, and why.
struct ServedPlan: Decodable, Sendable, Equatable {
    struct Host: Decodable, Sendable, Equatable {
        let name: String
        let address: String
        let kernels: String
        /// connecting, loading, ready, late, draining or empty.
        let state: String
        let memoryBytes: Int
        let bandwidthBytesPerSecond: Double
        /// In whole experts: of the plan, and there already.
        let expertsWanted: Double
        let expertsReady: Double
        let bytesWanted: Int
        let bytesReady: Int
        let calls: Int
        /// Of recent calls: p50, p90, p99; empty before the first.
        let latencySeconds: [Double]
    }
    struct Prediction: Decodable, Sendable, Equatable {
        let mode: String
        let seconds: Double
    }

    let version: Int
    /// The mode that was asked for: latency, throughput or auto.
    let placement: String
    /// The mode in use, or none.
    let mode: String
    /// As many as were asked for.
    let copies: Int
    /// The least that any part of an expert has in the plan.
    let copiesHeld: Int
    let drained: [String]
    let pins: [ExpertPin]
    let layers: Int
    /// Of all layers together.
    let experts: Int
    /// Why there is no plan for the hosts there are.
    let problem: String?
    let hosts: [Host]
    /// Rows of recent steps, on average.
    let rowsPerStep: Int
    /// Of the experts' part of such a step.
    let predictions: [Prediction]
    /// What that part took of late; 0 before the first step.
    let measuredSeconds: Double
}

/// What `GET /admin/experts` of a router tells: how much each expert is used.
struct ExpertUse: Decodable, Sendable, Equatable {
    struct Hot: Decodable, Sendable, Equatable {
        let layer: Int
        let expert: Int
        /// Of its layer's mean, of late.
        let times: Double
    }

    /// Uses since the router started, by layer and expert.
    let tokens: [[Int]]
    /// The most used expert of each layer to the layer's mean, of late.
    let imbalance: [Double]
    let hottest: [Hot]
    /// Uses left out for lack of capacity.
    let dropped: Int
}

extension ServedPlan {
    /// Whether every host holds all that the plan wants of it, and everything is held so many times.
    func isSettled(copies: Int) -> Bool {
        problem == nil && !hosts.isEmpty && copiesHeld >= copies && hosts.allSatisfy(\.isSettled)
    }
}

extension ServedPlan.Host {
    var isSettled: Bool { ["ready", "empty"].contains(state) && expertsReady >= expertsWanted }
}
