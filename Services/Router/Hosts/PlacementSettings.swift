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
    /// What may be asked for: no more than hosts that a cluster could have.
    static let copiesRange = 1 ... 1024

    /// Names of hosts that get nothing and keep nothing, though they live.
    var drained: Set<String> = []
}

extension PlacementSettings.Mode: ExpressibleByArgument {}
