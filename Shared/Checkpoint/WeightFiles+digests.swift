package import Tensors

/// A tensor, or a part of one, and where it lies: what a digest is made of.
package struct WeightPiece: Sendable {
    /// Name of the tensor that it is, or is a part of.
    package let tensor: String
    /// Name of the weight file that holds the tensor, relative to the checkpoint's folder.
    package let file: String
    /// The numbers, as they lie in the mapped file.
    package let matrix: WeightMatrix

    fileprivate init(_ tensor: String, _ file: String, _ matrix: WeightMatrix) {
        (self.tensor, self.file, self.matrix) = (tensor, file, matrix)
    }
}

extension WeightFiles {
    /// Into how many slices an expert can be cut at most: 1, 2, 4 or 8.
    package func slicesMax(_ layer: Int, _ expert: Int) throws(CheckpointError) -> Int {
        Checkpoint.slicesMax(of: try anyExpert(layer, expert).w2)
    }

    /// What slice `index` of `count` of an expert consists of: for each of the smallest slices in it its rows of w1 and
    /// of w3, and its columns of w2.
    ///
    /// - Parameter count: at most `slicesMax`, of which it is a divisor.
    package func pieces(
        _ layer: Int, _ expert: Int, slice index: Int = 0, of count: Int = 1
    ) throws(CheckpointError) -> [WeightPiece] {
        let weights = try anyExpert(layer, expert), slices = Checkpoint.slicesMax(of: weights.w2)
        precondition(slices % count == 0 && (0 ..< count).contains(index), "slice \(index) of \(count), of \(slices)")
        let size = weights.w1.rows / slices, tensors = names.anyExpert(layer, expert)
        func piece(_ number: Int, _ matrix: WeightMatrix) -> WeightPiece {
            WeightPiece(tensors[number], file(of: tensors[number]), matrix)
        }
        return (slices / count * index ..< slices / count * (index + 1)).flatMap { slice in
            let range = slice * size ..< (slice + 1) * size
            return [
                piece(0, weights.w1.rows(range)), piece(1, weights.w3.rows(range)), piece(2, weights.w2.columns(range)),
            ]
        }
    }

    /// Gives the memory back that reading an expert took; slices of w2 share their pages.
    package func unloadExpert(_ layer: Int, _ expert: Int) throws(CheckpointError) {
        let weights = try anyExpert(layer, expert)
        for matrix in [weights.w1, weights.w3, weights.w2] { matrix.unload() }
    }

    /// Every tensor that the model uses but those of the experts, in the order of the forward pass.
    package func piecesOutsideExperts() throws(CheckpointError) -> [WeightPiece] {
        var pieces: [WeightPiece] = []
        for tensor in names.outsideExperts { pieces.append(try piece(tensor)) }
        return pieces
    }

    /// What a router holds itself: norms, gates and coefficients.
    package func routerPieces() throws(CheckpointError) -> [WeightPiece] {
        var pieces: [WeightPiece] = []
        for index in config.layers.indices {
            let norms = names.layerNorms(index)
            for tensor in [norms.input, norms.postAttention, names.gate(index)] { pieces.append(try piece(tensor)) }
            if let shared = names.sharedExpert(index) { pieces.append(try piece(shared.coefficient)) }
        }
        return pieces + [try piece(names.finalNorm)]
    }

    private func piece(_ tensor: NamedTensor) throws(CheckpointError) -> WeightPiece {
        WeightPiece(tensor.name, file(of: tensor.name), try weights(tensor))
    }

    private func file(of tensor: String) -> String { locations[tensor]?.file.name ?? directory }

    /// How many experts each layer has, its shared one included.
    package var expertCounts: [Int] { config.sharedIntermediateSizes.map { config.expertCount + ($0 > 0 ? 1 : 0) } }

    /// The same for all processes that have mapped the same files on one machine: what one of them reads, all read.
    package func copyIdentity(on machine: String) -> String {
        var digest = FNV128()
        digest.add(machine)
        for file in Set(locations.values.map(\.file.identity)).sorted() { digest.add(file) }
        return digest.hexadecimal
    }
}

extension TensorNames {
    /// The tensors of w1, w3 and w2 of an expert; `expert == expertCount` is the layer's shared one.
    func anyExpert(_ index: Int, _ expert: Int) -> [String] {
        if expert == config.expertCount, let shared = sharedExpert(index) {
            return [shared.gateProj.name, shared.upProj.name, shared.downProj.name]
        }
        if let fused = fusedExperts(index) { return [fused.gateUp.name, fused.gateUp.name, fused.down.name] }
        let tensors = self.expert(index, expert)
        return [tensors.w1.name, tensors.w3.name, tensors.w2.name]
    }
}
