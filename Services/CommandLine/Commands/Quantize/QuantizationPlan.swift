internal import Checkpoint
internal import Console
internal import Tensors

/// What becomes of each tensor of a checkpoint when it is quantized, and where that goes.
struct QuantizationPlan: Sendable {
    enum Step: Sendable {
        /// The next tensor of the shard is this one, as it is.
        case copy(StoredTensor)
        /// The next two tensors of the shard are this matrix's elements, of this type, and their scales.
        case quantize(name: String, WeightMatrix, ElementType)

        var tensorCount: Int { if case .copy = self { 1 } else { 2 } }
    }
    let shards: ShardPlan
    /// For each shard its steps, in the order of its tensors.
    let steps: [[Step]]

    /// - Throws: `StartError` where the checkpoint has a tensor of a name that is needed.
    init(
        _ parts: [CheckpointPart], to quantization: ModelConfig.Quantization, shardByteCountMax: Int = 1 << 30
    ) throws {
        let planned = parts.map { Self.step(for: $0, quantization) }
        var names: Set<String> = []
        for tensor in planned.flatMap(\.tensors) where !names.insert(tensor.name).inserted {
            throw StartError("the checkpoint has a tensor \(tensor.name) already, which is the name for new scales")
        }
        shards = ShardPlan(groups: planned.map(\.tensors), shardByteCountMax: shardByteCountMax)
        var rest = planned.map(\.step)[...]
        steps = shards.shards.map { shard in
            var steps: [Step] = [], count = 0
            while count < shard.tensors.count, let step = rest.popFirst() {
                steps.append(step)
                count += step.tensorCount
            }
            return steps
        }
    }

    private static func step(
        for part: CheckpointPart, _ quantization: ModelConfig.Quantization
    ) -> (step: Step, tensors: [NewTensor]) {
        switch part {
        case .other(let stored): return (.copy(stored), [stored.tensor])
        case .matrix(let tensor, let matrix, let isHead):
            // The output projection's errors go straight into the probabilities, and it is read once a token, not once
            // a layer.
            let elementType: ElementType = quantization == .int8 || isHead ? .int8 : .int4
            let quantized = QuantizedTensor(tensor, as: elementType)
            return (.quantize(name: tensor.name, matrix, elementType), [quantized.elements, quantized.scales])
        }
    }
}
