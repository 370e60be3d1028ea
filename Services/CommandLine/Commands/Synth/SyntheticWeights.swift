internal import Checkpoint
internal import Foundation
internal import Tensors
internal import TerminalOutput

/// Random weights under which activations keep their size from layer to layer.
struct SyntheticWeights: Sendable {
    let seed: UInt64
    /// How unevenly experts are chosen; 0 is evenly. Row e of a gate is divided by (e + 1) to the power of this number.
    var gateSkew = 0.0
    /// Bytes made and written at once.
    private static let blockByteCount = 1 << 20

    /// Writes every tensor of `plan`, whose elements are bfloat16; counts the bytes in `progress`.
    func write(_ plan: ShardPlan, to folder: String, threads: Int, progress: ProgressCounter) async throws {
        for shard in plan.shards {
            let file = try SafetensorsWriter(shard, in: folder)
            let blocks = Self.blocks(of: shard)
            try await ThreadedWork.forEach(blocks.count, threads: threads) { number in
                let (tensor, bytes) = blocks[number]
                try write(bytes, of: tensor, to: file)
                progress.add(bytes.count)
            }
            try file.finish()
        }
    }

    private func write(_ bytes: Range<Int>, of number: Int, to file: SafetensorsWriter) throws {
        let tensor = file.shard.tensors[number]
        let stream = RandomStream(seed: seed, name: tensor.name)
        let (mean, deviation) = Self.distribution(of: tensor.shape)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { unsafe block.deallocate() }
        if gateSkew > 0, tensor.name.hasSuffix(Self.gateSuffix), bytes.count == tensor.byteCount {
            unsafe fillGate(block, columns: tensor.shape[1], stream, deviation)
        } else {
            unsafe stream.fill(block, from: bytes.lowerBound / 2, mean: mean, deviation: deviation)
        }
        try unsafe file.write(UnsafeRawBufferPointer(block), tensor: number, at: bytes.lowerBound)
    }

    private static let gateSuffix = ".block_sparse_moe.gate.weight"

    /// The larger an expert's row, the larger its logits, and the more often it is among the largest.
    private func fillGate(
        _ block: UnsafeMutableRawBufferPointer, columns: Int, _ stream: RandomStream, _ deviation: Float
    ) {
        let rowBytes = 2 * columns
        for row in 0 ..< block.count / rowBytes {
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: block[row * rowBytes ..< (row + 1) * rowBytes])
            unsafe stream.fill(
                bytes, from: row * columns, mean: 0, deviation: deviation * Float(pow(Double(row + 1), -gateSkew)))
        }
    }

    /// Norms lie around 1. A matrix (outputs, inputs) gets deviation 1/√inputs: of inputs of size 1 it makes outputs of
    /// size 1.
    private static func distribution(of shape: [Int]) -> (mean: Float, deviation: Float) {
        shape.count == 1 ? (1, 0.1) : (0, 1 / Float(shape[shape.count - 1]).squareRoot())
    }

    private static func blocks(of shard: ShardPlan.Shard) -> [(tensor: Int, bytes: Range<Int>)] {
        shard.tensors.enumerated().flatMap { number, tensor in
            stride(from: 0, to: tensor.byteCount, by: blockByteCount).map {
                (number, $0 ..< min($0 + blockByteCount, tensor.byteCount))
            }
        }
    }
}
