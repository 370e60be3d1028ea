import Tensors

/// Tests that compute for seconds do it here, one after the other: on the shared threads they would hold up those that
/// have deadlines.
enum RandomWorlds {
    private static let lane = ComputeLane(label: "random worlds")

    /// The first trouble that `world` has with any of the seeds.
    static func firstTrouble(
        _ seeds: Range<UInt64>, _ world: @escaping @Sendable (_ seed: UInt64) -> String?
    ) async throws -> String? {
        try await lane.run {
            for seed in seeds {
                if let trouble = world(seed) { return "seed \(seed): \(trouble)" }
            }
            return nil
        }
    }
}
