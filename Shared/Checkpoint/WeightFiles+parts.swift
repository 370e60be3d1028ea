package import Tensors

/// What a checkpoint consists of, for whoever writes another one from it.
package enum CheckpointPart: Sendable {
    /// One of the large matrices, which quantization replaces; it takes up nearly all of the checkpoint, together with
    /// its like.
    case matrix(NamedTensor, WeightMatrix, isHead: Bool)
    /// Any other tensor, used or not: norms, gates, the embedding, parts of other models.
    case other(StoredTensor)
}

/// A tensor as it lies in a file.
package struct StoredTensor: Sendable {
    /// Name, dtype and shape, as the header of its file gives them.
    package let tensor: NewTensor
    private let location: WeightFiles.Location

    init(_ location: WeightFiles.Location) {
        tensor = NewTensor(
            name: location.entry.name, elementType: location.entry.elementType, shape: location.entry.shape)
        self.location = location
    }

    /// Lends the bytes of `range`, counted from the tensor's first; it must not be empty.
    package func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = location.entry.bytes.lowerBound
        return try withExtendedLifetime(location.file) {
            try unsafe body(
                UnsafeRawBufferPointer(
                    start: location.file.address(start + range.lowerBound ..< start + range.upperBound),
                    count: range.count))
        }
    }
}

extension WeightFiles {
    /// Every tensor of the checkpoint once: those of the model in the order of the forward pass, then the others by
    /// name.
    package func parts() throws(CheckpointError) -> [CheckpointPart] {
        let matrices = Set(names.matrices.map(\.name)), head = names.head.name
        var rest = Set(locations.keys)
        var parts: [CheckpointPart] = []
        for tensor in names.all {
            rest.remove(tensor.name)
            if matrices.contains(tensor.name) {
                parts.append(.matrix(tensor, try weights(tensor), isHead: tensor.name == head))
            } else if let location = locations[tensor.name] {
                parts.append(.other(StoredTensor(location)))
            }
        }
        return parts + rest.sorted().compactMap { name in locations[name].map { .other(StoredTensor($0)) } }
    }
}

extension TensorNames {
    /// The large matrices: attention's and the experts' projections, and the output projection where it is not the
    /// embedding.
    var matrices: [NamedTensor] {
        var matrices: [NamedTensor] = []
        for index in config.layers.indices {
            switch config.layers[index] {
            case .lightning:
                let weights = lightning(index)
                matrices += [weights.qkv, weights.outputGate, weights.out]
            case .softmax:
                let weights = softmax(index)
                matrices += [weights.q, weights.k, weights.v, weights.o]
            }
            if let shared = sharedExpert(index) { matrices += [shared.gateProj, shared.upProj, shared.downProj] }
            matrices += experts(of: index)
        }
        return config.tiesEmbeddings ? matrices : matrices + [head]
    }
}
