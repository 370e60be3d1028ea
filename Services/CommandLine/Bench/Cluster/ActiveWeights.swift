internal import Checkpoint
internal import Tensors

/// What one step of the model reads and multiplies of its weights: attention, gates, shared experts and the chosen
/// experts of all layers, and the output projection. Norms and embedding rows are left out: they are small.
struct ActiveWeights: Sendable, Equatable {
    struct Size: Sendable, Equatable {
        /// The bytes as stored, scales of quantized weights included.
        var bytes = 0
        /// The number of elements; each takes a multiply-add for each token.
        var elements = 0

        static func + (a: Size, b: Size) -> Size { Size(bytes: a.bytes + b.bytes, elements: a.elements + b.elements) }
    }

    /// What every token needs in all layers: attention, gates, shared experts.
    var dense = Size()
    /// The output projection, which is used once a step for each sequence that gets a token.
    var head = Size()
    /// All routed experts of all layers.
    var experts = Size()
    var expertCount: Int
    var expertsPerToken: Int
    /// How the experts, by far the most, are stored.
    var expertType: ElementType

    /// Bytes that a step of `batch` tokens reads at least, each of another sequence.
    func bytesPerStep(batch: Int) -> Double {
        Double(dense.bytes + head.bytes) + Double(experts.bytes) * distinctExperts(batch: batch) / Double(expertCount)
    }

    /// The operations of such a step; a multiply-add counts as two.
    func operationsPerStep(batch: Int) -> Double { 2 * Double(batch) * (elementsPerToken + Double(head.elements)) }

    /// Elements that one token is multiplied with, the output projection left out.
    var elementsPerToken: Double {
        Double(dense.elements) + Double(experts.elements) * Double(expertsPerToken) / Double(expertCount)
    }

    /// How many different experts of a layer `batch` tokens are expected to need, each choosing evenly and by itself:
    /// E · (1 - (1 - k/E)^batch).
    func distinctExperts(batch: Int) -> Double {
        let missed = 1 - Double(expertsPerToken) / Double(expertCount)
        return Double(expertCount) * (1 - (0 ..< batch).reduce(1) { product, _ in product * missed })
    }
}

extension ActiveWeights {
    /// Looks at the sizes of a checkpoint's tensors, not at their contents.
    init(_ files: WeightFiles) throws(CheckpointError) {
        let config = files.config
        self.init(
            expertCount: config.expertCount, expertsPerToken: config.expertsPerToken,
            expertType: try files.expert(0, 0).w1.elementType)
        head = Size([try files.head()])
        for layer in config.layers.indices {
            dense = dense + Size(try Self.attention(files, layer)) + Size([try files.gate(layer)])
            if let shared = try files.sharedExpert(layer) {
                dense = dense + Size([shared.gateProj, shared.upProj, shared.downProj])
            }
            for expert in 0 ..< config.expertCount {
                let weights = try files.expert(layer, expert)
                experts = experts + Size([weights.w1, weights.w3, weights.w2])
            }
        }
    }

    private static func attention(_ files: WeightFiles, _ layer: Int) throws(CheckpointError) -> [WeightMatrix] {
        switch files.config.layers[layer] {
        case .lightning:
            let weights = try files.lightning(layer)
            return [weights.qkv, weights.outputGate, weights.out]
        case .softmax:
            let weights = try files.softmax(layer)
            return [weights.q, weights.k, weights.v, weights.o]
        }
    }
}

extension ActiveWeights.Size {
    init(_ matrices: [WeightMatrix]) {
        self.init(bytes: matrices.reduce(0) { $0 + $1.byteCount }, elements: matrices.reduce(0) { $0 + $1.count })
    }
}
