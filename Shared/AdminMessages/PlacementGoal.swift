internal import ArgumentParser

/// What the operator wants experts to be placed for.
package enum PlacementGoal: String, Sendable, CaseIterable, Codable {
    /// Every expert in slices over all hosts: best for few rows a step.
    case latency
    /// Whole experts: best for many rows a step.
    case throughput
    /// Whichever of the two is predicted to be faster.
    case auto
}

extension PlacementGoal: ExpressibleByArgument {}
