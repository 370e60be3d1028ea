import Checkpoint
import Messages
import Tensors

@testable import ExpertHost

/// Computes in this process what every expert host would.
struct HonestExperts: Sendable {
    private let engine: ExpertEngine

    /// Holds all experts of a model.
    init(_ model: String) async throws {
        engine = try ExpertEngine(WeightFiles(directory: model), compute: Compute(threads: 1))
        let units = engine.config.sharedIntermediateSizes.enumerated().flatMap { layer, sharedSize in
            (0 ..< engine.config.expertCount + (sharedSize > 0 ? 1 : 0)).map { ExpertUnit(layer: layer, expert: $0) }
        }
        _ = try await engine.hold(
            HoldRequest(router: "test", modelFingerprint: engine.fingerprint, planVersion: 1, units: units))
    }

    func run(_ request: ExpertRequest) async throws -> ExpertResponse { try await engine.run(request) }
}
