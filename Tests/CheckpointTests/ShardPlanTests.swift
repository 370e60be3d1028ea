import Foundation
import Testing

@testable import Checkpoint

@Suite("Writing weight files")
struct ShardPlanTests {
    private func tensor(_ name: String, _ count: Int) -> NewTensor {
        NewTensor(name: name, elementType: "U8", shape: [count])
    }

    /// Writes a plan, tensor by tensor from the last to the first, each filled with its bytes in two parts.
    private func write(_ plan: ShardPlan, to directory: String, bytes: (String) -> [UInt8]) throws {
        for shard in plan.shards {
            let file = try SafetensorsWriter(shard, in: directory)
            for (index, tensor) in shard.tensors.enumerated().reversed() {
                let bytes = bytes(tensor.name), half = bytes.count / 2
                try unsafe bytes[half...].withUnsafeBytes { try unsafe file.write($0, tensor: index, at: half) }
                try unsafe bytes[..<half].withUnsafeBytes { try unsafe file.write($0, tensor: index, at: 0) }
            }
            try file.finish()
        }
    }

    @Test("files take tensors in order up to their limit; a larger tensor gets a file to itself")
    func shards() {
        let plan = ShardPlan(
            [tensor("a", 60), tensor("b", 40), tensor("c", 1), tensor("d", 250), tensor("e", 99)],
            shardByteCountMax: 100)
        #expect(plan.shards.map { $0.tensors.map(\.name) } == [["a", "b"], ["c"], ["d"], ["e"]])
        #expect(plan.shards.map(\.file) == (1 ... 4).map { "model-0000\($0)-of-00004.safetensors" })
        #expect(plan.dataByteCount == 450)
    }

    @Test("the tensors of a group stay in one file")
    func groups() {
        let plan = ShardPlan(
            groups: [[tensor("a", 60)], [tensor("b", 39), tensor("c", 2)], [tensor("d", 59)]], shardByteCountMax: 100)
        #expect(plan.shards.map { $0.tensors.map(\.name) } == [["a"], ["b", "c", "d"]])
    }

    @Test("data begins at a multiple of 64 bytes")
    func alignment() {
        for length in 1 ... 70 {
            let shard = ShardPlan([tensor(String(repeating: "x", count: length), 1)]).shards[0]
            #expect(shard.header.count % 64 == 0 && shard.byteCount == shard.header.count + 1)
        }
    }

    @Test("a checkpoint written in shards and in parts is read back byte by byte")
    func roundTrip() throws {
        let config = try parse(originalConfig())
        let tensors = tinyTensors(config)
        let contents = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.bytes) })
        let directory = try checkpoint(nil)
        let plan = ShardPlan(
            tensors.map { NewTensor(name: $0.name, elementType: $0.elementType, shape: $0.shape) },
            shardByteCountMax: 200)
        try write(plan, to: directory.path) { contents[$0] ?? [] }
        #expect(
            error { try WeightFiles(directory: directory.path) } == CheckpointError(file: directory.path, .noWeights))
        try directory.write(plan.index.file, plan.index.bytes)

        let files = try WeightFiles(directory: directory.path)
        #expect(files.unusedTensors == [])
        for tensor in tensors {
            let location = try #require(files.locations[tensor.name])
            #expect(location.file.bytes(location.entry.bytes) == tensor.bytes)
        }
        let sizes = try plan.shards.map {
            try #require(FileManager.default.attributesOfItem(atPath: "\(directory.path)/\($0.file)")[.size] as? Int)
        }
        #expect(sizes == plan.shards.map(\.byteCount) && sizes.reduce(0, +) == plan.byteCount)
    }

    @Test("the original names are those that a checkpoint of the original layout is read by")
    func originalTensors() throws {
        let config = try parse(originalConfig())
        #expect(config.originalTensors.map(\.name) == tinyTensors(config).map(\.name))
        #expect(
            config.originalTensors.contains {
                $0.name == "model.layers.0.block_sparse_moe.experts.1.w2.weight" && $0.shape == [6, 3]
            })
    }

    @Test("an existing file is never overwritten, and a folder that is not there is named")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let shard = ShardPlan([tensor("a", 1)]).shards[0]
        try directory.write(shard.file, "precious")
        #expect(
            error { try SafetensorsWriter(shard, in: directory.path) }
                == CheckpointError(file: shard.file, .unwritable("File exists")))
        #expect(
            error { try SafetensorsWriter(shard, in: "\(directory.path)/none") }
                == CheckpointError(file: shard.file, .unwritable("No such file or directory")))
        let link = ShardPlan([tensor("b", 1)]).shards[0]
        try FileManager.default.removeItem(atPath: "\(directory.path)/\(shard.file)")
        try directory.link(link.file, to: "/dev/full")        // what a link points to is not ours to write
        #expect(
            error { try SafetensorsWriter(link, in: directory.path) }
                == CheckpointError(file: link.file, .unwritable("File exists")))
        #expect(CheckpointError(file: "f", .unwritable("x")).description == "f cannot be written: x")
    }
}
