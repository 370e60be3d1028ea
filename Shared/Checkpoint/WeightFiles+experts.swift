package import Tensors

extension WeightFiles {
    /// A layer's expert; `expert == expertCount` is its shared expert, where it has one.
    package func anyExpert(_ layer: Int, _ expert: Int) throws(CheckpointError) -> ExpertWeights {
        if expert == config.expertCount, let shared = try sharedExpert(layer) {
            return ExpertWeights(w1: shared.gateProj, w3: shared.upProj, w2: shared.downProj)
        }
        return try self.expert(layer, expert)
    }
}

/// Into how many slices an expert can be cut: its sum over the intermediate dimension is cut there anyway, and columns
/// that share a scale stay together.
///
/// - Parameter down: its w2, (D, F).
package func slicesMax(of down: WeightMatrix) -> Int {
    partsMax(sumParts(of: down.columns), columns: down.columns, groupSize: down.elementType.groupSize)
}
