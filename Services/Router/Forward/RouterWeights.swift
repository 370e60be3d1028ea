internal import Checkpoint
internal import Tensors

/// What the router holds of the model: norms, gates and residual factors, a few megabytes.
struct RouterWeights: Sendable {
    /// One layer; D the hidden size, E the number of experts.
    struct Layer: Sendable {
        let index: Int
        let kind: ModelConfig.AttentionKind
        let inputNorm: [Float]        // (D)
        let postAttentionNorm: [Float]        // (D)
        let gate: WeightMatrix        // (E, D)
        let attentionScale: ModelConfig.ResidualScale
        let sharedCoefficient: WeightMatrix?        // (1, D), where the layer has a shared expert
    }

    let config: ModelConfig
    let layers: [Layer]
    let finalNorm: [Float]        // (D)

    init(_ checkpoint: WeightFiles) throws {
        config = checkpoint.config
        layers = try checkpoint.config.layers.enumerated().map { index, kind in
            let norms = try checkpoint.layerNorms(index)
            return Layer(
                index: index, kind: kind,
                inputNorm: norms.input.floats(), postAttentionNorm: norms.postAttention.floats(),
                gate: try checkpoint.gate(index),
                attentionScale: kind == .lightning ? checkpoint.config.lightningScale : checkpoint.config.softmaxScale,
                sharedCoefficient: try checkpoint.sharedExpert(index)?.coefficient)
        }
        finalNorm = try checkpoint.finalNorm().floats()
    }
}
