internal import Checkpoint
internal import Messages
internal import Tensors

/// One expert: `w2(silu(w1 x) * (w3 x))` (spec 2.10). F intermediate components, D the hidden size.
struct Expert: Sendable {
    private let gate: WeightMatrix          // w1, (F, D)
    private let up: WeightMatrix            // w3, (F, D)
    private let down: WeightMatrix          // w2, (D, F)

    /// The layer's shared expert stands behind its routed ones and is computed in the same way (spec 2.11).
    init(_ checkpoint: WeightFiles, _ unit: ExpertUnit) throws {
        if unit.expert == checkpoint.config.expertCount, let shared = try checkpoint.sharedExpert(unit.layer) {
            (gate, up, down) = (shared.gateProj, shared.upProj, shared.downProj)
        } else {
            let expert = try checkpoint.expert(unit.layer, unit.expert)
            (gate, up, down) = (expert.w1, expert.w3, expert.w2)
        }
    }

    var byteCount: Int { gate.byteCount + up.byteCount + down.byteCount }

    /// (rows, D) to (rows, D). The sum over F is cut where slices of an expert would be.
    func run(_ input: Tensor, _ compute: Compute) -> Tensor {
        var gated = compute.linear(input, gate)                                     // (rows, F)
        compute.siluMultiply(&gated, compute.linear(input, up))
        return compute.linear(gated, down, parts: sumParts(of: gate.rows))          // (rows, D)
    }
}
