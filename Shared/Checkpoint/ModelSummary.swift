internal import Tensors

/// The sizes of a model, from its config alone. Bytes of weights are those of bf16, or where the config says so of its
/// quantized matrices.
package struct ModelSummary: Sendable, Equatable {
    /// Which model the config says it is.
    package let family: ModelConfig.Family
    /// All parameters; a tied output projection adds none, nor do the scales of quantized matrices.
    package let parameters: Int
    /// Parameters that take part in one token, embedding, head, norms and gates left out: how the model's makers count.
    package let activeParameters: Int
    /// Parameters of all routed experts.
    package let expertParameters: Int
    /// Of all weights, and of all routed experts.
    package let byteCount: Int, expertByteCount: Int
    /// Whatever a sequence's length: an f32 matrix of (head dimension)² for each head of each lightning layer.
    package let lightningStateBytes: Int
    /// Keys and values of one token in all softmax layers, as bf16.
    package let keyValueBytesPerToken: Int
    private let expertsPerLayer: Int

    /// Computes all sizes from `config`; no weight file is needed.
    package init(_ config: ModelConfig) {
        let hidden = config.hiddenSize, inner = config.headCount * config.headDimension
        let keyValue = config.keyValueHeadCount * config.headDimension
        let lightningLayers = config.layers.count { $0 == .lightning }
        let softmaxLayers = config.layerCount - lightningLayers
        let elementType: ElementType =
            switch config.quantization {
            case .int8: .int8
            case .int4: .int4
            case nil: .bfloat16
            }
        func size(_ rows: Int, _ columns: Int, as elementType: ElementType = elementType) -> Size {
            Size(rows: rows, columns: columns, as: elementType)
        }

        let expert = 2 * size(config.intermediateSize, hidden) + size(hidden, config.intermediateSize)
        let lightning = 4 * size(inner, hidden) + size(hidden, inner)
        let softmax = size(inner, hidden) + 2 * size(keyValue, hidden) + size(hidden, inner)
        let attention = lightningLayers * lightning + softmaxLayers * softmax
        let shared = config.sharedIntermediateSizes.reduce(Size()) { $0 + 2 * size($1, hidden) + size(hidden, $1) }
        let coefficients = config.sharedIntermediateSizes.count { $0 > 0 }
        let normsAndGates =
            size(config.layerCount * (config.expertCount + 2) + 1 + coefficients, hidden, as: .bfloat16)
            + size(lightningLayers, inner, as: .bfloat16)
        let head =
            config.tiesEmbeddings
            ? Size() : size(config.vocabularySize, hidden, as: elementType == .int4 ? .int8 : elementType)
        let experts = config.layerCount * config.expertCount * expert
        let all =
            experts + attention + shared + normsAndGates + head + size(config.vocabularySize, hidden, as: .bfloat16)

        family = config.family
        expertParameters = experts.parameters
        expertByteCount = experts.bytes
        parameters = all.parameters
        byteCount = all.bytes
        activeParameters =
            config.layerCount * config.expertsPerToken * expert.parameters + attention.parameters + shared.parameters
        lightningStateBytes = lightningLayers * inner * config.headDimension * 4
        keyValueBytesPerToken = softmaxLayers * 2 * keyValue * 2
        expertsPerLayer = config.expertCount
    }

    /// Keys and values of one token in f32, as exact arithmetic keeps them.
    package var keyValueBytesPerTokenExact: Int { 2 * keyValueBytesPerToken }

    /// Bytes of expert weights on the fullest of `hostCount` hosts, each holding whole experts of every layer.
    package func expertByteCount(perHostOf hostCount: Int) -> Int {
        precondition(hostCount > 0, "\(hostCount) hosts")
        let experts = (expertsPerLayer + hostCount - 1) / hostCount
        return expertByteCount / expertsPerLayer * experts
    }
}

/// How large weights are.
private struct Size {
    var parameters = 0
    var bytes = 0

    static func + (a: Size, b: Size) -> Size { Size(parameters: a.parameters + b.parameters, bytes: a.bytes + b.bytes) }
    static func * (count: Int, size: Size) -> Size {
        Size(parameters: count * size.parameters, bytes: count * size.bytes)
    }
}

extension Size {
    /// A matrix, its scales included.
    init(rows: Int, columns: Int, as elementType: ElementType) {
        self.init(
            parameters: rows * columns,
            bytes: rows * (elementType.rowByteCount(columns: columns) + 2 * elementType.scaleCount(columns: columns)))
    }
}
