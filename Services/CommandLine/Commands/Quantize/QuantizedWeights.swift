internal import Checkpoint
internal import Console
internal import Tensors
internal import TerminalOutput

/// Writes the weight files of a plan, block after block: never more than some megabytes are held.
struct QuantizedWeights: Sendable {
    let plan: QuantizationPlan
    /// Bytes of a tensor that are read at once.
    private static let blockByteCount = 1 << 20

    /// A piece of a step: some rows of a matrix, or some bytes of another tensor. `tensor` is its number in the shard.
    private struct Block { let step: QuantizationPlan.Step, tensor: Int, range: Range<Int> }

    /// - Parameter progress: counts the bytes written.
    /// - Throws: `StartError` where a weight cannot be quantized; `CheckpointError` where a file cannot be written.
    func write(to folder: String, threads: Int, progress: ProgressCounter) async throws {
        for (shard, steps) in zip(plan.shards.shards, plan.steps) {
            let file = try SafetensorsWriter(shard, in: folder)
            let blocks = Self.blocks(of: steps)
            try await ThreadedWork.forEach(blocks.count, threads: threads) { number in
                progress.add(try Self.write(blocks[number], to: file))
            }
            try file.finish()
        }
    }

    private static func blocks(of steps: [QuantizationPlan.Step]) -> [Block] {
        var blocks: [Block] = [], tensor = 0
        for step in steps {
            let (count, blockCount) =
                switch step {
                case .copy(let stored): (stored.tensor.byteCount, blockByteCount)
                case .quantize(_, let matrix, _): (matrix.rows, max(1, blockByteCount * matrix.rows / matrix.byteCount))
                }
            for start in stride(from: 0, to: count, by: blockCount) {
                blocks.append(Block(step: step, tensor: tensor, range: start ..< min(start + blockCount, count)))
            }
            tensor += step.tensorCount
        }
        return blocks
    }

    /// Returns the count of bytes written.
    private static func write(_ block: Block, to file: SafetensorsWriter) throws -> Int {
        switch block.step {
        case .copy(let stored):
            try unsafe stored.withBytes(block.range) {
                try unsafe file.write($0, tensor: block.tensor, at: block.range.lowerBound)
            }
            return block.range.count
        case .quantize(let name, let matrix, let elementType):
            let rowByteCount = elementType.rowByteCount(columns: matrix.columns)
            let rowScaleByteCount = 2 * elementType.scaleCount(columns: matrix.columns)
            let elements = UnsafeMutableRawBufferPointer.allocate(
                byteCount: block.range.count * rowByteCount, alignment: 64)
            let scales = UnsafeMutableRawBufferPointer.allocate(
                byteCount: block.range.count * rowScaleByteCount, alignment: 64)
            defer { unsafe elements.deallocate(); unsafe scales.deallocate() }
            guard unsafe matrix.quantize(rows: block.range, to: elementType, elements: elements, scales: scales) else {
                throw StartError(
                    "tensor \(name), rows \(block.range.lowerBound) to \(block.range.upperBound - 1): "
                        + "a weight is not finite, or too large for a float16 scale")
            }
            try unsafe file.write(
                UnsafeRawBufferPointer(elements), tensor: block.tensor, at: block.range.lowerBound * rowByteCount)
            try unsafe file.write(
                UnsafeRawBufferPointer(scales), tensor: block.tensor + 1,
                at: block.range.lowerBound * rowScaleByteCount)
            return elements.count + scales.count
        }
    }
}
