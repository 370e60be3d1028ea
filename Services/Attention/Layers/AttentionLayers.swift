internal import Checkpoint
internal import Messages
internal import Tensors

/// The attention layers of one part: the weights of its heads, and what they do with the states of sequences.
struct AttentionLayers: Sendable {
    private enum Layer: Sendable {
        case lightning(LightningAttention)
        case softmax(SoftmaxAttention)
    }

    private let layers: [Layer]

    /// - Parameter part: one of at most `checkpoint.attentionPartsMax()`.
    init(_ checkpoint: WeightFiles, _ part: AttentionPart) throws {
        layers = try checkpoint.config.layers.enumerated().map { index, kind in
            switch kind {
            case .lightning: .lightning(try LightningAttention(checkpoint, layer: index, part))
            case .softmax: .softmax(try SoftmaxAttention(checkpoint, layer: index, part))
            }
        }
    }

    /// Extends the states by the rows of `input`, (rows, D).
    ///
    /// - Parameter spans: the sequences' states in this layer, and whose rows are whose.
    func attend(
        layer: Int, _ input: Tensor, _ spans: [(state: LiveState.Layer, rows: Range<Int>)], _ compute: Compute
    ) -> SublayerResponse {
        switch layers[layer] {
        case .lightning(let layer):
            let (partial, squares) = layer.attend(
                input, spans.compactMap { state, rows in state.lightning.map { ($0, rows) } }, compute)
            return SublayerResponse(partial: partial.values, squares: squares)
        case .softmax(let layer):
            let partial = layer.attend(
                input, spans.compactMap { state, rows in state.softmax.map { ($0, rows) } }, compute)
            return SublayerResponse(partial: partial.values, squares: [])
        }
    }

    /// About how many additions or the like a layer takes over the rows of a request.
    func operations(_ request: SublayerRequest) -> Double {
        let rows = request.spans.reduce(0) { $0 + $1.count }
        return switch layers[request.layer] {
        case .lightning(let layer): layer.operations(rows: rows, sequences: request.spans.count)
        case .softmax(let layer):
            layer.operations(
                rows: rows,
                positions: request.spans.reduce(0) { $0 + Double($1.count) * (Double($1.start) + Double($1.count)) })
        }
    }
}
