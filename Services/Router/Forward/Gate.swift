internal import Checkpoint
internal import Tensors

/// One token's use of one expert.
struct Route: Sendable, Equatable {
    let expert: Int
    /// The token's routes sum to 1.
    let weight: Float
}

extension ForwardPass {
    /// Each token's experts, larger weight first.
    ///
    /// - Parameter input: (tokens, D), after the norm.
    /// - Note: softmax over all experts, of which the top k are rescaled, is softmax over the k chosen logits.
    func gate(_ input: Tensor, _ layer: RouterWeights.Layer) -> [[Route]] {
        let logits = compute.linear(input, layer.gate)        // (tokens, E)
        return (0 ..< logits.rows).map { chooseExperts(logits.row($0), count: weights.config.expertsPerToken) }
    }
}

/// The `count` largest of one token's router logits, with softmax weights over them; equal logits go to the lower index
/// (our rule).
func chooseExperts(_ logits: ArraySlice<Float>, count: Int) -> [Route] {
    var chosen: [(expert: Int, logit: Float)] = []
    for (expert, logit) in logits.enumerated() {
        guard chosen.count < count || logit > chosen[chosen.count - 1].logit else { continue }
        let place = chosen.firstIndex { logit > $0.logit } ?? chosen.count
        chosen.insert((expert, logit), at: place)
        if chosen.count > count { chosen.removeLast() }
    }
    let powers = chosen.map { exponential($0.logit - chosen[0].logit) }
    let sum = powers.reduce(0, +)
    return zip(chosen, powers).map { Route(expert: $0.expert, weight: $1 / sum) }
}
