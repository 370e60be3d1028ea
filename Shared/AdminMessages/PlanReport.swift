/// What `GET /admin/plan` of a router answers: who holds what, and why. JSON spells the names in snake case.
package struct PlanReport: Codable, Sendable, Equatable {
    /// One host.
    package struct Host: Codable, Sendable, Equatable {
        /// Unique among the hosts of the cluster.
        package let name: String
        /// Where the router reaches it.
        package let address: String
        /// The instruction set of its kernels.
        package let kernels: String
        /// connecting, loading, ready, late, draining or empty.
        package let state: String
        /// Bytes that it has for weights.
        package let memoryBytes: Int
        /// What the plan takes it for.
        package let bandwidthBytesPerSecond: Double
        /// What it says itself.
        package let announcedBytesPerSecond: Double
        /// Of how many measurements that is the median; 0: its operator has set it.
        package let bandwidthMeasurements: Int
        /// What the plan wants it to hold, in whole experts.
        package let expertsWanted: Double
        /// What it holds of that.
        package let expertsReady: Double
        /// The bytes of what the plan wants it to hold.
        package let bytesWanted: Int
        /// The bytes of what it holds of that.
        package let bytesReady: Int
        /// How many calls it has answered.
        package let calls: Int
        /// Of recent calls: p50, p90, p99; empty before the first.
        package let latencySeconds: [Double]

        /// For the router, which alone makes reports.
        package init(
            name: String, address: String, kernels: String, state: String, memoryBytes: Int,
            bandwidthBytesPerSecond: Double, announcedBytesPerSecond: Double, bandwidthMeasurements: Int,
            expertsWanted: Double, expertsReady: Double, bytesWanted: Int, bytesReady: Int, calls: Int,
            latencySeconds: [Double]
        ) {
            (self.name, self.address, self.kernels, self.state) = (name, address, kernels, state)
            self.memoryBytes = memoryBytes
            self.bandwidthBytesPerSecond = bandwidthBytesPerSecond
            self.announcedBytesPerSecond = announcedBytesPerSecond
            self.bandwidthMeasurements = bandwidthMeasurements
            (self.expertsWanted, self.expertsReady) = (expertsWanted, expertsReady)
            (self.bytesWanted, self.bytesReady) = (bytesWanted, bytesReady)
            (self.calls, self.latencySeconds) = (calls, latencySeconds)
        }
    }

    /// How long a step would take in one of the modes.
    package struct Prediction: Codable, Sendable, Equatable {
        /// latency or throughput.
        package let mode: String
        /// Of the experts' part of a step with `rowsPerStep` rows.
        package let seconds: Double

        /// For the router, which alone makes reports.
        package init(mode: String, seconds: Double) { (self.mode, self.seconds) = (mode, seconds) }
    }

    /// It grows whenever any host is asked to hold something else; 0 before the first plan.
    package let version: Int
    /// The mode that was asked for.
    package let placement: PlacementGoal
    /// The mode in use: latency, throughput, or none before the first plan.
    package let mode: String
    /// As many copies as were asked for.
    package let copies: Int
    /// The least number of holders that any part of an expert has in the plan.
    package let copiesHeld: Int
    /// The names of hosts that shall hold nothing, in ascending order.
    package let drained: [String]
    /// Experts of which certain hosts have to hold a copy.
    package let pins: [ExpertPin]
    /// How many layers the model has.
    package let layers: Int
    /// How many experts all layers have together.
    package let experts: Int
    /// Why there is no plan for the hosts there are, or none with as many copies as were asked for.
    package let problem: String?
    /// In ascending order of names.
    package let hosts: [Host]
    /// Rows of recent steps, on average.
    package let rowsPerStep: Int
    /// How long such a step would take in either mode.
    package let predictions: [Prediction]
    /// The experts' part of recent steps, in seconds; 0 before the first.
    package let measuredSeconds: Double
    /// The attention services.
    package let attention: AttentionReport

    /// For the router, which alone makes reports.
    package init(
        version: Int, placement: PlacementGoal, mode: String, copies: Int, copiesHeld: Int, drained: [String],
        pins: [ExpertPin], layers: Int, experts: Int, problem: String?, hosts: [Host], rowsPerStep: Int,
        predictions: [Prediction], measuredSeconds: Double, attention: AttentionReport
    ) {
        (self.version, self.placement, self.mode) = (version, placement, mode)
        (self.copies, self.copiesHeld, self.drained, self.pins) = (copies, copiesHeld, drained, pins)
        (self.layers, self.experts, self.problem, self.hosts) = (layers, experts, problem, hosts)
        (self.rowsPerStep, self.predictions) = (rowsPerStep, predictions)
        (self.measuredSeconds, self.attention) = (measuredSeconds, attention)
    }
}
