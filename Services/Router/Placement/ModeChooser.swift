/// Chooses the mode for `auto` by predicted seconds. A change of mode moves most of the model, so it must be worth it
/// for a while: the other mode is taken when it was predicted at least 15 % faster in five looks running.
struct ModeChooser: Sendable, Equatable {
    private(set) var mode: PlacementMode
    private var betterLooks = 0

    private static let gain = 0.15
    private static let looks = 5

    init(mode: PlacementMode = .throughput) { self.mode = mode }

    /// - Parameters: predicted seconds of a step in either mode, at the rows a step has lately.
    /// - Returns: the mode to be in from now on.
    mutating func look(latency: Double, throughput: Double) -> PlacementMode {
        let (current, other) = mode == .latency ? (latency, throughput) : (throughput, latency)
        betterLooks = other <= current * (1 - Self.gain) ? betterLooks + 1 : 0
        if betterLooks == Self.looks {
            mode = mode == .latency ? .throughput : .latency
            betterLooks = 0
        }
        return mode
    }
}
