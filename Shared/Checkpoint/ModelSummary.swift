/// The sizes of a model, from its config alone. Bytes of weights count two a parameter (bf16), whatever a checkpoint stores.
package struct ModelSummary: Sendable, Equatable {
    package let family: ModelConfig.Family
    package let parameters: Int
    /// Parameters that take part in one token, embedding, head, norms and gates left out: how the model's makers count.
    package let activeParameters: Int
    /// Parameters of all routed experts.
    package let expertParameters: Int
    /// Constant per session: one f32 matrix of (head dimension)² for each head of each lightning layer.
    package let lightningStateBytes: Int
    /// Keys and values of one token in all softmax layers, as bf16.
    package let keyValueBytesPerToken: Int
    private let expertsPerLayer: Int

    package init(_ config: ModelConfig) {
        let hidden = config.hiddenSize, inner = config.headCount * config.headDimension
        let keyValue = config.keyValueHeadCount * config.headDimension
        let lightningLayers = config.layers.count { $0 == .lightning }
        let softmaxLayers = config.layerCount - lightningLayers
        let expert = 3 * hidden * config.intermediateSize
        let attention = lightningLayers * (3 + 2) * hidden * inner + softmaxLayers * 2 * hidden * (inner + keyValue)
        let shared = config.sharedIntermediateSizes.reduce(0) { $0 + 3 * hidden * $1 }
        let coefficients = config.sharedIntermediateSizes.count { $0 > 0 } * hidden
        let normsAndGates = config.layerCount * (config.expertCount + 2) * hidden + lightningLayers * inner + hidden + coefficients
        let embeddings = (config.tiesEmbeddings ? 1 : 2) * config.vocabularySize * hidden

        family = config.family
        expertParameters = config.layerCount * config.expertCount * expert
        parameters = expertParameters + attention + shared + normsAndGates + embeddings
        activeParameters = config.layerCount * config.expertsPerToken * expert + attention + shared
        lightningStateBytes = lightningLayers * inner * config.headDimension * 4
        keyValueBytesPerToken = softmaxLayers * 2 * keyValue * 2
        expertsPerLayer = config.expertCount
    }

    package var byteCount: Int { 2 * parameters }
    package var expertByteCount: Int { 2 * expertParameters }
    /// Keys and values of one token in f32, as exact arithmetic keeps them.
    package var keyValueBytesPerTokenExact: Int { 2 * keyValueBytesPerToken }

    /// Bytes of expert weights on the fullest of `hostCount` hosts, each holding whole experts of every layer.
    package func expertByteCount(perHostOf hostCount: Int) -> Int {
        precondition(hostCount > 0, "\(hostCount) hosts")
        let experts = (expertsPerLayer + hostCount - 1) / hostCount
        return expertByteCount / expertsPerLayer * experts
    }
}
