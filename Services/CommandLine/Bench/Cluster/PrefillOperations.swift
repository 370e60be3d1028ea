internal import Checkpoint

/// Floating-point operations of reading a prompt; a multiply-add counts as two. Norms, activations and softmax are left
/// out.
struct PrefillOperations: Sendable {
    /// The number of rows of a lightning block.
    static let lightningBlock = 64

    let config: ModelConfig
    let weights: ActiveWeights

    /// The operations of a prompt of `tokens` tokens, those of the first answer token included.
    func total(tokens: Int) -> Double {
        let products = weights.elementsPerToken * Double(tokens) + Double(weights.head.elements)
        return 2 * products + lightning(tokens: tokens) + softmax(tokens: tokens)
    }

    /// A head of dimension d and block length B: q · state and the state's growth, 2 d² each; scores and their use, 2 d
    /// each for the (B + 1) / 2 keys of the block that a row sees on average.
    private func lightning(tokens: Int) -> Double {
        let d = Double(config.headDimension)
        let heads = Double(config.headCount * config.layers.count { $0 == .lightning })
        return Double(tokens) * heads * (4 * d * d + 2 * d * Double(Self.lightningBlock + 1))
    }

    /// Scores and their use, 2 d each for every key that a row sees: all before it and itself, or those of the sliding
    /// window.
    private func softmax(tokens: Int) -> Double {
        let d = Double(config.headDimension)
        let heads = Double(config.headCount * config.layers.count { $0 == .softmax })
        let window = min(config.slidingWindow ?? tokens, tokens)
        let keys = Double(window) * Double(window + 1) / 2 + Double(tokens - window) * Double(window)
        return heads * 4 * d * keys
    }
}
