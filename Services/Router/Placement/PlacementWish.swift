/// What one host offers.
struct HostOffer: Sendable, Equatable {
    let name: String
    /// Bytes of experts that it may hold.
    let memoryBytes: Int
    /// Bytes a second that it reads of its experts; above 0.
    let bandwidth: Double
}

/// What the placement is to be good at.
enum PlacementMode: String, Sendable, CaseIterable {
    /// Every expert cut into slices over many hosts: few rows a step.
    case latency
    /// Whole experts: many rows a step.
    case throughput
}

/// What the operator asks for.
struct PlacementWish: Sendable, Equatable {
    /// A copy of this expert must be held whole by this host.
    struct Pin: Sendable, Equatable {
        let layer: Int, expert: Int, host: String
    }

    var mode: PlacementMode
    /// On how many different hosts every unit is to be; with fewer hosts, on all of them.
    var copies = 1
    /// Whether memory that is left holds further copies of experts that are used much; in `throughput` mode.
    var hotCopies = true
    var pins: [Pin] = []
}
