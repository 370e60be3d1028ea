internal import Tensors

extension WeightFiles {
    /// Where a tensor that the model needs lies, checked: its numbers and, where it is quantized, their scales.
    struct Place {
        let elementType: ElementType
        let elements: Location
        let scales: Location?

        init(
            of tensor: NamedTensor, _ locations: [String: Location], _ quantization: ModelConfig.Quantization?,
            in directory: String
        ) throws(CheckpointError) {
            guard let elements = locations[tensor.name] else {
                throw CheckpointError(file: directory, tensor: tensor.name, .missing)
            }
            // Bytes count as quantized weights only where the config says so: other methods store bytes too.
            let supported: [ElementType] =
                quantization == nil ? [.bfloat16, .float32] : [.bfloat16, .float32, .int8, .int4]
            guard let elementType = supported.first(where: { $0.storedName == elements.entry.elementType }) else {
                let names = supported.map(\.storedName)
                throw CheckpointError(
                    file: elements.file.name, tensor: tensor.name,
                    .elementType(
                        needed: names.dropLast().joined(separator: ", ") + " or \(names[names.count - 1])",
                        found: elements.entry.elementType))
            }
            self.elementType = elementType
            self.elements = elements
            guard elementType.groupSize != nil else {
                try elements.require(shape: tensor.shape)
                scales = nil
                return
            }
            let needed = QuantizedTensor(tensor, as: elementType)
            try elements.require(shape: needed.elements.shape)
            guard let scales = locations[needed.scales.name] else {
                throw CheckpointError(file: directory, tensor: needed.scales.name, .missing)
            }
            guard scales.entry.elementType == needed.scales.elementType else {
                throw CheckpointError(
                    file: scales.file.name, tensor: needed.scales.name,
                    .elementType(needed: needed.scales.elementType, found: scales.entry.elementType))
            }
            try scales.require(shape: needed.scales.shape)
            self.scales = scales
        }
    }
}

extension WeightFiles.Location {
    fileprivate func require(shape: [Int]) throws(CheckpointError) {
        guard entry.shape == shape else {
            throw CheckpointError(
                file: file.name, tensor: entry.name, .unexpectedShape(needed: shape, found: entry.shape))
        }
    }
}
