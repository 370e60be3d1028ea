package import Tensors

/// D hidden size, H heads, G key and value heads, d components of a head, F intermediate size.
package struct LightningWeights: Sendable {
    /// Shape (H * 3 * d, D): for each head the rows of q, then k, then v.
    package let qkv: WeightMatrix
    /// Shape (H * d, D).
    package let outputGate: WeightMatrix
    /// Shape (1, H * d).
    package let norm: WeightMatrix
    /// Shape (D, H * d).
    package let out: WeightMatrix
}

/// The projections of a softmax layer's attention; letters as in `LightningWeights`.
package struct SoftmaxWeights: Sendable {
    /// Shape (H * d, D).
    package let q: WeightMatrix
    /// Shapes (G * d, D).
    package let k: WeightMatrix, v: WeightMatrix
    /// Shape (D, H * d).
    package let o: WeightMatrix
}

/// One expert: `w2 · (silu(w1 · x) * (w3 · x))`; letters as in `LightningWeights`.
package struct ExpertWeights: Sendable {
    /// Gate, shape (F, D).
    package let w1: WeightMatrix
    /// Up, shape (F, D).
    package let w3: WeightMatrix
    /// Down, shape (D, F).
    package let w2: WeightMatrix
}

/// The expert of a layer that every token goes through; letters as in `LightningWeights`.
package struct SharedExpertWeights: Sendable {
    /// Shapes (S, D), S the layer's shared intermediate size.
    package let gateProj: WeightMatrix, upProj: WeightMatrix
    /// Shape (D, S).
    package let downProj: WeightMatrix
    /// Shape (1, D).
    package let coefficient: WeightMatrix
}

/// The model's tensors by what they are for. Layers and experts must be those of the config, the layer of the kind
/// asked for.
extension WeightFiles {
    /// Shape (vocabulary, D).
    package func embedding() throws(CheckpointError) -> WeightMatrix { try weights(names.embedding) }

    /// Shape (1, D).
    package func finalNorm() throws(CheckpointError) -> WeightMatrix { try weights(names.finalNorm) }

    /// The output projection, shape (vocabulary, D); the embedding itself where the config ties them.
    package func head() throws(CheckpointError) -> WeightMatrix { try weights(names.head) }

    /// The norms before attention and before the experts, shapes (1, D).
    package func layerNorms(_ layer: Int) throws(CheckpointError) -> (input: WeightMatrix, postAttention: WeightMatrix)
    {
        let norms = names.layerNorms(layer)
        return (try weights(norms.input), try weights(norms.postAttention))
    }

    /// The weights of attention in a layer that must be a lightning layer.
    package func lightning(_ layer: Int) throws(CheckpointError) -> LightningWeights {
        precondition(config.layers[layer] == .lightning, "layer \(layer) is a softmax layer")
        let tensors = names.lightning(layer)
        return LightningWeights(
            qkv: try weights(tensors.qkv), outputGate: try weights(tensors.outputGate), norm: try weights(tensors.norm),
            out: try weights(tensors.out))
    }

    /// The weights of attention in a layer that must be a softmax layer.
    package func softmax(_ layer: Int) throws(CheckpointError) -> SoftmaxWeights {
        precondition(config.layers[layer] == .softmax, "layer \(layer) is a lightning layer")
        let tensors = names.softmax(layer)
        return SoftmaxWeights(
            q: try weights(tensors.q), k: try weights(tensors.k), v: try weights(tensors.v), o: try weights(tensors.o))
    }

    /// The chooser of experts, shape (experts, D).
    package func gate(_ layer: Int) throws(CheckpointError) -> WeightMatrix { try weights(names.gate(layer)) }

    /// Routed expert `index` of a layer, cut out of the layer's fused tensors where the checkpoint has those.
    package func expert(_ layer: Int, _ index: Int) throws(CheckpointError) -> ExpertWeights {
        precondition((0 ..< config.expertCount).contains(index), "expert \(index) of \(config.expertCount)")
        if let fused = names.fusedExperts(layer) {
            let size = config.intermediateSize, first = index * 2 * size
            let gateUp = try weights(fused.gateUp)        // (experts * 2 * F, D)
            return ExpertWeights(
                w1: gateUp.rows(first ..< first + size), w3: gateUp.rows(first + size ..< first + 2 * size),
                w2: try weights(fused.down).rows(index * config.hiddenSize ..< (index + 1) * config.hiddenSize))
        }
        let tensors = names.expert(layer, index)
        return ExpertWeights(w1: try weights(tensors.w1), w3: try weights(tensors.w3), w2: try weights(tensors.w2))
    }

    /// The dense expert beside the routed ones; nil where the layer has none.
    package func sharedExpert(_ layer: Int) throws(CheckpointError) -> SharedExpertWeights? {
        guard let tensors = names.sharedExpert(layer) else { return nil }
        return SharedExpertWeights(
            gateProj: try weights(tensors.gateProj), upProj: try weights(tensors.upProj),
            downProj: try weights(tensors.downProj),
            coefficient: try weights(tensors.coefficient))
    }

    /// The token ids from `firstID` on whose embedding is all zero: added tokens that were never trained and must not
    /// be sampled.
    ///
    /// Touches no row before `firstID`, which should be the tokenizer's base size, and only so many after it.
    package func zeroEmbeddingRows(from firstID: Int) throws(CheckpointError) -> [Int] {
        let embedding = try embedding()
        guard firstID < embedding.rows else { return [] }
        let first = max(firstID, 0), rowBytes = embedding.byteCount / embedding.rows
        let count = min(Self.addedRowsBytesMax / rowBytes, embedding.rows - first)
        return (first ..< first + count).filter { embedding.rows($0 ..< $0 + 1).isZero }
    }

    /// Room for thousands of added tokens; an embedding that is one hole in a file could keep a start busy for hours.
    private static let addedRowsBytesMax = 256 << 20
}

extension WeightMatrix {
    /// Whether every element is zero, of either sign.
    var isZero: Bool {
        switch elementType {
        case .bfloat16:
            (0 ..< count).allSatisfy {
                unsafe base.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) & 0x7FFF == 0
            }
        case .float32:
            (0 ..< count).allSatisfy {
                unsafe base.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) & 0x7FFF_FFFF == 0
            }
        case .int8, .int4: floats().allSatisfy { $0 == 0 }
        }
    }
}
