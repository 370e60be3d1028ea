/// What `GET /admin/plan` of a router tells: who holds what, and why.
package struct ServedPlan: Decodable, Sendable, Equatable {
    /// One expert host.
    package struct Host: Decodable, Sendable, Equatable {
        /// The name by which it announced itself.
        package let name: String
        /// Where it listens.
        package let address: String
        /// The instruction set that it computes with.
        package let kernels: String
        /// connecting, loading, ready, late, draining or empty.
        package let state: String
        /// What it may hold.
        package let memoryBytes: Int
        /// What it can read from its memory, as it measured.
        package let bandwidthBytesPerSecond: Double
        /// How many experts it holds by the plan; a part of one counts as that part.
        package let expertsWanted: Double
        /// How many of these it has loaded.
        package let expertsReady: Double
        /// The bytes of the experts that it holds by the plan.
        package let bytesWanted: Int
        /// The bytes of those that it has loaded.
        package let bytesReady: Int
        /// How many calls it has answered.
        package let calls: Int
        /// The p50, p90 and p99 of recent calls, in seconds; empty before the first call.
        package let latencySeconds: [Double]
    }

    /// How long a step is predicted to take in one mode.
    package struct Prediction: Decodable, Sendable, Equatable {
        /// latency or throughput.
        package let mode: String
        /// The experts' part of such a step.
        package let seconds: Double
    }

    /// Each new plan has the next number.
    package let version: Int
    /// The mode that was asked for: latency, throughput or auto.
    package let placement: String
    /// The mode in use, or none.
    package let mode: String
    /// How many copies of each expert were asked for.
    package let copies: Int
    /// How many copies every part of every expert has at least in the plan.
    package let copiesHeld: Int
    /// The names of hosts that shall hold nothing.
    package let drained: [String]
    /// Experts that have to be on certain hosts.
    package let pins: [ExpertPin]
    /// The number of the model's layers.
    package let layers: Int
    /// The number of experts of all layers together.
    package let experts: Int
    /// Why there is no plan for the hosts there are.
    package let problem: String?
    /// The expert hosts that the router knows.
    package let hosts: [Host]
    /// The mean number of rows in recent steps.
    package let rowsPerStep: Int
    /// What the experts' part of a step with so many rows should take.
    package let predictions: [Prediction]
    /// What that part took of late; 0 before the first step.
    package let measuredSeconds: Double
}

/// What `GET /admin/experts` of a router tells: how much each expert is used.
package struct ExpertUse: Decodable, Sendable, Equatable {
    /// An expert that is used more than others.
    package struct Hot: Decodable, Sendable, Equatable {
        /// The layer's number, from 0.
        package let layer: Int
        /// The expert's number in its layer, from 0.
        package let expert: Int
        /// How many times the mean of its layer's experts it was used of late.
        package let times: Double
    }

    /// How often each was used since the router started, by layer and expert.
    package let tokens: [[Int]]
    /// For each layer how many times the mean its most used expert was used of late.
    package let imbalance: [Double]
    /// The most used experts of the model, the most used first.
    package let hottest: [Hot]
    /// How many uses were left out for lack of capacity.
    package let dropped: Int
}

extension ServedPlan {
    /// Whether every host holds all that the plan wants of it, and everything is held so many times.
    func isSettled(copies: Int) -> Bool {
        problem == nil && !hosts.isEmpty && copiesHeld >= copies && hosts.allSatisfy(\.isSettled)
    }
}

extension ServedPlan.Host {
    /// Whether it holds all that the plan wants of it.
    var isSettled: Bool { ["ready", "empty"].contains(state) && expertsReady >= expertsWanted }
}
