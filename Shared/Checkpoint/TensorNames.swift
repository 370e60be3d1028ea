/// A tensor the model needs: its name in this checkpoint and its shape.
package struct NamedTensor: Sendable, Equatable {
    /// The full name, prefix included, as weight files spell it.
    package let name: String
    /// Outermost dimension first: (rows, columns) of a matrix, (length) of a vector.
    package let shape: [Int]
}

extension ModelConfig {
    /// Every tensor of the model as the original checkpoints name them, in the order of the forward pass.
    package var originalTensors: [NamedTensor] { Array(TensorNames(config: self) { _ in false }.all) }
}

/// How one checkpoint calls the model's tensors, and the shape the config gives to each. The only place that spells
/// names.
///
/// Three prefixes: the text models', that of MiniMax-VL-01 as released, and that of its migrated form. Two ways to keep
/// experts: one tensor for each of w1, w2, w3 of each expert, or (transformers 5, on request) two fused tensors a
/// layer.
struct TensorNames {
    let config: ModelConfig
    let contains: (String) -> Bool
    private let root: String
    private let headName: String

    init(config: ModelConfig, contains: @escaping (String) -> Bool) {
        self.config = config
        self.contains = contains
        let prefixes = [
            ("model.", "lm_head.weight"), ("language_model.model.", "language_model.lm_head.weight"),
            ("model.language_model.", "lm_head.weight"),
        ]
        (root, headName) = prefixes.first { contains("\($0.0)embed_tokens.weight") } ?? prefixes[0]
    }

    private var hidden: Int { config.hiddenSize }
    /// The components of all heads together.
    private var inner: Int { config.headCount * config.headDimension }

    private func tensor(_ name: String, _ shape: Int...) -> NamedTensor { NamedTensor(name: name, shape: shape) }
    func layer(_ layer: Int) -> String { "\(root)layers.\(layer)." }

    var embedding: NamedTensor { tensor("\(root)embed_tokens.weight", config.vocabularySize, hidden) }
    var finalNorm: NamedTensor { tensor("\(root)norm.weight", hidden) }
    var head: NamedTensor { config.tiesEmbeddings ? embedding : tensor(headName, config.vocabularySize, hidden) }

    func layerNorms(_ index: Int) -> (input: NamedTensor, postAttention: NamedTensor) {
        (
            tensor("\(layer(index))input_layernorm.weight", hidden),
            tensor("\(layer(index))post_attention_layernorm.weight", hidden)
        )
    }

    func lightning(_ index: Int) -> (qkv: NamedTensor, outputGate: NamedTensor, norm: NamedTensor, out: NamedTensor) {
        let prefix = "\(layer(index))self_attn."
        return (
            tensor("\(prefix)qkv_proj.weight", 3 * inner, hidden), tensor("\(prefix)output_gate.weight", inner, hidden),
            tensor("\(prefix)norm.weight", inner), tensor("\(prefix)out_proj.weight", hidden, inner)
        )
    }

    func softmax(_ index: Int) -> (q: NamedTensor, k: NamedTensor, v: NamedTensor, o: NamedTensor) {
        let prefix = "\(layer(index))self_attn."
        let keyValue = config.keyValueHeadCount * config.headDimension
        return (
            tensor("\(prefix)q_proj.weight", inner, hidden), tensor("\(prefix)k_proj.weight", keyValue, hidden),
            tensor("\(prefix)v_proj.weight", keyValue, hidden), tensor("\(prefix)o_proj.weight", hidden, inner)
        )
    }

    /// "block_sparse_moe" on disk, "mlp" where transformers 5 wrote its own names.
    private func expertsPrefix(_ index: Int) -> String {
        let prefix = "\(layer(index))block_sparse_moe."
        return contains("\(prefix)gate.weight") || !contains("\(layer(index))mlp.gate.weight")
            ? prefix : "\(layer(index))mlp."
    }

    func gate(_ index: Int) -> NamedTensor { tensor("\(expertsPrefix(index))gate.weight", config.expertCount, hidden) }

    /// w1 above w3 for each expert, and the stacked w2; nil where the layer keeps its experts one by one.
    func fusedExperts(_ index: Int) -> (gateUp: NamedTensor, down: NamedTensor)? {
        let prefix = "\(expertsPrefix(index))experts."
        for suffix in ["", ".weight"] where contains("\(prefix)gate_up_proj\(suffix)") {
            return (
                tensor("\(prefix)gate_up_proj\(suffix)", config.expertCount, 2 * config.intermediateSize, hidden),
                tensor("\(prefix)down_proj\(suffix)", config.expertCount, hidden, config.intermediateSize)
            )
        }
        return nil
    }

    func expert(_ index: Int, _ expert: Int) -> (w1: NamedTensor, w3: NamedTensor, w2: NamedTensor) {
        let prefix = "\(expertsPrefix(index))experts.\(expert)."
        return (
            tensor("\(prefix)w1.weight", config.intermediateSize, hidden),
            tensor("\(prefix)w3.weight", config.intermediateSize, hidden),
            tensor("\(prefix)w2.weight", hidden, config.intermediateSize)
        )
    }

    /// All routed experts of a layer.
    func experts(of index: Int) -> [NamedTensor] {
        if let fused = fusedExperts(index) { return [fused.gateUp, fused.down] }
        return (0 ..< config.expertCount).flatMap { number in
            let weights = expert(index, number)
            return [weights.w1, weights.w3, weights.w2]
        }
    }

    func sharedExpert(
        _ index: Int
    ) -> (gateProj: NamedTensor, upProj: NamedTensor, downProj: NamedTensor, coefficient: NamedTensor)? {
        let size = config.sharedIntermediateSizes[index]
        guard size > 0 else { return nil }
        let prefix = "\(layer(index))shared_mlp."
        return (
            tensor("\(prefix)gate_proj.weight", size, hidden), tensor("\(prefix)up_proj.weight", size, hidden),
            tensor("\(prefix)down_proj.weight", hidden, size), tensor("\(layer(index))coefficient.weight", 1, hidden)
        )
    }

    /// A layer's tensors that are no expert's, but for the coefficient of a shared one.
    private func outsideExperts(of index: Int) -> [NamedTensor] {
        let norms = layerNorms(index)
        let attention: [NamedTensor]
        switch config.layers[index] {
        case .lightning:
            let weights = lightning(index)
            attention = [weights.qkv, weights.outputGate, weights.norm, weights.out]
        case .softmax:
            let weights = softmax(index)
            attention = [weights.q, weights.k, weights.v, weights.o]
        }
        return [norms.input] + attention + [norms.postAttention, gate(index)]
    }

    private var ends: [NamedTensor] { config.tiesEmbeddings ? [finalNorm] : [finalNorm, head] }

    /// Every tensor but the experts', in the order of the forward pass.
    var outsideExperts: [NamedTensor] {
        [embedding]
            + config.layers.indices.flatMap { index in
                outsideExperts(of: index) + (sharedExpert(index).map { [$0.coefficient] } ?? [])
            } + ends
    }

    /// Every tensor the model needs, in the order of the forward pass; made as they are asked for, since a config may
    /// claim more of them than memory holds.
    var all: some Sequence<NamedTensor> {
        (-1 ... config.layers.count).lazy.flatMap { index in
            guard index >= 0 else { return [embedding] }
            guard index < config.layers.count else { return ends }
            let shared = sharedExpert(index).map { [$0.gateProj, $0.upProj, $0.downProj, $0.coefficient] } ?? []
            return outsideExperts(of: index) + experts(of: index) + shared
        }
    }
}
