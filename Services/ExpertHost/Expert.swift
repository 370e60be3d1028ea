internal import Checkpoint
internal import Messages
internal import Tensors

/// One expert, or a slice of one: `w2(silu(w1 x) * (w3 x))`. F intermediate components, D the hidden size.
struct Expert: Sendable {
    private let gate: WeightMatrix        // w1, (F, D)
    private let up: WeightMatrix        // w3, (F, D)
    private let down: WeightMatrix        // w2, (D, F)

    /// Into how many parts the sum over F is cut, which are added as a tree.
    private let parts: Int

    /// The layer's shared expert stands behind its routed ones and is computed in the same way.
    init(_ checkpoint: WeightFiles, layer: Int, expert: Int) throws {
        let weights = try checkpoint.anyExpert(layer, expert)
        (gate, up, down) = (weights.w1, weights.w3, weights.w2)
        parts = sumParts(of: gate.rows)
    }

    private init(gate: WeightMatrix, up: WeightMatrix, down: WeightMatrix, parts: Int) {
        (self.gate, self.up, self.down, self.parts) = (gate, up, down, parts)
    }

    var weightCount: Int { gate.count + up.count + down.count }

    var byteCount: Int { gate.byteCount + up.byteCount + down.byteCount }

    /// What computes its share of this expert's outputs; nil where the expert cannot be cut so finely.
    func slice(_ slice: ExpertSlice) -> Expert? {
        guard slice != .whole else { return self }
        guard slice.count <= slicesMax(of: down) else { return nil }
        let range = slice.range(of: gate.rows)
        return Expert(gate: gate.rows(range), up: up.rows(range), down: down.columns(range), parts: parts / slice.count)
    }

    /// Reads the weights once, so that no later call waits for a disk.
    func load() { for matrix in [gate, up, down] { matrix.load() } }

    /// Gives the weights' memory back; they can still be used.
    func unload() { for matrix in [gate, up, down] { matrix.unload() } }

    /// Experts of one form can share parallel regions; a shared expert may be larger than the routed ones.
    struct Form: Equatable {
        let intermediateSize: Int
        let parts: Int
        let elementTypes: [ElementType]
    }

    var form: Form {
        Form(
            intermediateSize: gate.rows, parts: parts,
            elementTypes: [gate.elementType, up.elementType, down.elementType])
    }

    /// Carries each group's rows of `input`, (rows, D), through its expert; writes (rows, D) floats to `output`.
    ///
    /// With few rows an expert's products are over in microseconds: so all groups' products with w1 and w3 are one
    /// parallel region, and those with w2 another.
    /// The sum over F is cut where slices of an expert are.
    ///
    /// - Parameter groups: one or more, together all rows of `input`, of one form.
    static func run(
        _ input: Tensor, _ groups: [(expert: Expert, rows: Range<Int>)], into output: UnsafeMutablePointer<Float>,
        _ compute: Compute
    ) {
        func weights(_ matrix: KeyPath<Expert, WeightMatrix>) -> [RowGroup] {
            groups.map { RowGroup(rows: $0.rows, weights: $0.expert[keyPath: matrix]) }
        }
        var products = compute.linear(input, each: [weights(\.gate), weights(\.up)])        // (rows, F) each
        let up = products.removeLast()
        var gated = products.removeLast()
        compute.siluMultiply(&gated, up)
        unsafe compute.linear(
            gated, weights(\.down), outputs: input.columns, parts: groups[0].expert.parts, into: output)
    }
}
