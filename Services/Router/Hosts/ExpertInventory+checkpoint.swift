internal import Checkpoint
internal import Tensors

extension ExpertInventory {
    /// The experts of a checkpoint whose weights are there.
    init(_ checkpoint: WeightFiles) throws {
        let config = checkpoint.config
        self.init(
            layers: try config.sharedIntermediateSizes.enumerated().map { layer, sharedSize in
                try (0 ..< config.expertCount + (sharedSize > 0 ? 1 : 0)).map { expert in
                    let weights = try checkpoint.anyExpert(layer, expert)
                    return Expert(
                        byteCount: weights.w1.byteCount + weights.w3.byteCount + weights.w2.byteCount,
                        slicesMax: slicesMax(of: weights.w2), isShared: expert == config.expertCount)
                }
            })
    }
}
