internal import Tensors

extension WeightFiles {
    /// Into how many parts attention can be cut at most, as its weights are stored: at most the config's
    /// `attentionPartsMax`, and less where a matrix is stored in another type than the config says.
    package func attentionPartsMax() throws(CheckpointError) -> Int {
        var most = config.attentionPartsMax
        for (index, kind) in config.layers.enumerated() {
            let cutByColumns: [WeightMatrix]
            switch kind {
            case .lightning:
                let weights = try lightning(index)
                cutByColumns = [weights.out, weights.norm]
            case .softmax: cutByColumns = [try softmax(index).o]
            }
            for matrix in cutByColumns {
                most = partsMax(most, columns: matrix.columns, groupSize: matrix.elementType.groupSize)
            }
        }
        return most
    }

    /// The weights that a part's heads have in a layer that must be a lightning layer, still where they lie.
    ///
    /// - Parameter part: one of at most `attentionPartsMax()`.
    package func lightning(_ layer: Int, _ part: AttentionPart) throws(CheckpointError) -> LightningWeights {
        let weights = try lightning(layer), heads = config.heads(of: part), d = config.headDimension
        return LightningWeights(
            qkv: weights.qkv.rows(heads.scaled(by: 3 * d)), outputGate: weights.outputGate.rows(heads.scaled(by: d)),
            norm: weights.norm.columns(heads.scaled(by: d)), out: weights.out.columns(heads.scaled(by: d)))
    }

    /// The weights that a part's heads have in a layer that must be a softmax layer, still where they lie.
    ///
    /// - Parameter part: one of at most `attentionPartsMax()`.
    package func softmax(_ layer: Int, _ part: AttentionPart) throws(CheckpointError) -> SoftmaxWeights {
        let weights = try softmax(layer), d = config.headDimension
        let heads = config.heads(of: part).scaled(by: d), keyValueHeads = config.keyValueHeads(of: part).scaled(by: d)
        return SoftmaxWeights(
            q: weights.q.rows(heads), k: weights.k.rows(keyValueHeads), v: weights.v.rows(keyValueHeads),
            o: weights.o.columns(heads))
    }
}

extension Range<Int> {
    /// The range of as many times as many things.
    fileprivate func scaled(by factor: Int) -> Range<Int> { lowerBound * factor ..< upperBound * factor }
}
