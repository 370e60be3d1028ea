internal import ArgumentParser

/// Which placement the router makes, as flags and `/admin/plan` say.
struct PlacementSettings: Sendable, Equatable {
    enum Mode: String, Sendable, CaseIterable, Codable {
        case latency, throughput
        /// What is predicted to be faster.
        case auto
    }

    var mode = Mode.auto
    var copies = 1
    var hotCopies = true
    var pins: [PlacementWish.Pin] = []
    /// Names of hosts that get nothing and keep nothing, though they live.
    var drained: Set<String> = []
}

extension PlacementSettings.Mode: ExpressibleByArgument {}
