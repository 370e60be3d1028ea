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

    /// Experts of one form can share parallel regions; a shared expert may be larger than the routed ones.
    struct Form: Equatable {
        let intermediateSize: Int
        let elementTypes: [ElementType]
    }

    var form: Form { Form(intermediateSize: gate.rows, elementTypes: [gate.elementType, up.elementType, down.elementType]) }

    /// Carries each group's rows of `input`, (rows, D), through its expert; writes (rows, D) floats to `output`.
    ///
    /// With few rows an expert's products are over in microseconds: so all groups' products with w1 are one parallel region, and so on.
    /// The sum over F is cut where slices of an expert would be.
    ///
    /// - Parameter groups: one or more, together all rows of `input`, of one form.
    static func run(_ input: Tensor, _ groups: [(expert: Expert, rows: Range<Int>)], into output: UnsafeMutablePointer<Float>, _ compute: Compute) {
        func weights(_ matrix: KeyPath<Expert, WeightMatrix>) -> [RowGroup] { groups.map { RowGroup(rows: $0.rows, weights: $0.expert[keyPath: matrix]) } }
        let intermediateSize = groups[0].expert.gate.rows
        var gated = compute.linear(input, weights(\.gate), outputs: intermediateSize)                                     // (rows, F)
        compute.siluMultiply(&gated, compute.linear(input, weights(\.up), outputs: intermediateSize))
        unsafe compute.linear(gated, weights(\.down), outputs: input.columns, parts: sumParts(of: intermediateSize), into: output)
    }
}
