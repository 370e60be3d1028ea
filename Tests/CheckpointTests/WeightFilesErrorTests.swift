import Foundation
import Testing

@testable import Checkpoint

@Suite("Weight files, refused")
struct WeightFilesErrorTests {
    func refusal(_ directory: TemporaryDirectory) -> CheckpointError? {
        error { try WeightFiles(directory: directory.path) }
    }

    func index(_ map: [(String, String)]) -> String {
        "{\"metadata\": {}, \"weight_map\": \(json(map.map { ($0.0, "\"\($0.1)\"") }))}"
    }

    /// The tiny model over two shards, with an index.
    func sharded() throws -> (directory: TemporaryDirectory, tensors: [TestTensor], map: [(String, String)]) {
        let tensors = tinyTensors(try parse(originalConfig()))
        let directory = try checkpoint(nil)
        try directory.write("one.safetensors", safetensors(Array(tensors[..<5])))
        try directory.write("two.safetensors", safetensors(Array(tensors[5...])))
        let map = tensors.enumerated().map { ($1.name, $0 < 5 ? "one.safetensors" : "two.safetensors") }
        try directory.write("model.safetensors.index.json", index(map))
        return (directory, tensors, map)
    }

    @Test("a directory without config or without weights says so")
    func nothing() throws {
        let empty = try TemporaryDirectory()
        #expect(refusal(empty)?.description == "config.json cannot be read: No such file or directory")
        let noWeights = try checkpoint(nil)
        #expect(refusal(noWeights) == CheckpointError(file: noWeights.path, .noWeights))
        try noWeights.write("config.json", originalConfig(["hidden_size": "true"]))
        #expect(refusal(noWeights)?.description == "config.json: hidden_size must be an integer, found true")
    }

    @Test("a weight file that is a directory or a pipe is refused and does not hang")
    func notAFile() throws {
        let directory = try checkpoint(nil)
        try directory.write("model.safetensors/x", "")
        #expect(refusal(directory)?.reason == .unreadable("it is not a regular file"))
        let piped = try checkpoint(nil)
        #expect(unsafe mkfifo("\(piped.path)/model.safetensors", 0o600) == 0)
        #expect(refusal(piped)?.reason == .unreadable("it is not a regular file"))
    }

    @Test("a tensor that is missing, misshapen or of another dtype is named")
    func tensors() throws {
        let config = try parse(originalConfig())
        let name = "model.layers.1.self_attn.k_proj.weight"
        let tensors = tinyTensors(config)
        let place = try #require(tensors.firstIndex { $0.name == name })

        let missing = try checkpoint(tensors.filter { $0.name != name })
        #expect(refusal(missing) == CheckpointError(file: missing.path, tensor: name, .missing))

        var misshapen = tensors
        misshapen[place].shape = [6, 8]
        #expect(
            refusal(try checkpoint(misshapen))
                == CheckpointError(
                    file: "model.safetensors", tensor: name, .unexpectedShape(needed: [8, 6], found: [6, 8])))

        var half = tensors
        half[place].elementType = "F16"
        #expect(
            refusal(try checkpoint(half))
                == CheckpointError(
                    file: "model.safetensors", tensor: name, .elementType(needed: "BF16 or F32", found: "F16")))
    }

    @Test(
        "a tensor no MiniMax-01 model has shows that this is another model",
        arguments: [
            "self_attn.q_norm.weight", "block_sparse_moe.e_score_correction_bias", "self_attn.q_proj.bias",
            "block_sparse_moe.experts.0.w1.weight_scale_inv",
        ])
    func foreign(suffix: String) throws {
        let name = "model.layers.1.\(suffix)"
        let tensors =
            tinyTensors(try parse(originalConfig())) + [TestTensor(name: name, shape: [2], bytes: [0, 0, 0, 0])]
        #expect(refusal(try checkpoint(tensors)) == CheckpointError(file: "model.safetensors", tensor: name, .foreign))
    }

    @Test("an index that is malformed is refused")
    func malformedIndex() throws {
        let name = "model.safetensors.index.json"
        let directory = try checkpoint(nil)
        try directory.write(name, "{")
        #expect(
            refusal(directory) == CheckpointError(file: name, .notJSON("not JSON: expected a name in quotes at byte 1"))
        )
        try directory.write(name, "[]")
        #expect(
            refusal(directory)
                == CheckpointError(
                    file: name, .malformed(field: "the index", expected: "an object", found: "a list of 0")))
        try directory.write(name, "{}")
        #expect(
            refusal(directory)
                == CheckpointError(file: name, .malformed(field: "weight_map", expected: "an object", found: "nothing"))
        )
        try directory.write(name, "{\"weight_map\": {\"a\": 1}}")
        #expect(
            refusal(directory)
                == CheckpointError(
                    file: name, tensor: "a", .malformed(field: "the file", expected: "a string", found: "1")))
        try directory.write(name, index([("a", "x.safetensors"), ("a", "y.safetensors")]))
        #expect(refusal(directory) == CheckpointError(file: name, tensor: "a", .duplicate(alsoIn: name)))
    }

    @Test("a shard that is missing, truncated, or lacks a tensor of the index is named")
    func shards() throws {
        let (directory, tensors, map) = try sharded()
        #expect(refusal(directory) == nil)

        try directory.write("model.safetensors.index.json", index(map + [("model.extra", "two.safetensors")]))
        #expect(refusal(directory) == CheckpointError(file: "two.safetensors", tensor: "model.extra", .notInShard))
        try directory.write("model.safetensors.index.json", index(map + [("model.extra", "three.safetensors")]))
        #expect(refusal(directory) == CheckpointError(file: "three.safetensors", .shardMissing))

        try directory.write("model.safetensors.index.json", index(map))
        let two = safetensors(Array(tensors[5...]))
        try directory.write("two.safetensors", Array(two.dropLast()))
        let promised = tensors[5...].reduce(0) { $0 + $1.bytes.count }
        #expect(
            refusal(directory)
                == CheckpointError(
                    file: "two.safetensors", tensor: tensors.last?.name,
                    .truncated(promised: promised, found: promised - 1)))
    }

    @Test("a tensor in two shards is refused")
    func duplicateAcrossShards() throws {
        let (directory, tensors, _) = try sharded()
        try directory.write("two.safetensors", safetensors(Array(tensors[4...])))
        #expect(
            refusal(directory)
                == CheckpointError(
                    file: "two.safetensors", tensor: tensors[4].name, .duplicate(alsoIn: "one.safetensors")))
    }

    @Test(
        "an index cannot reach outside the directory",
        arguments: ["../x.safetensors", "/etc/hostname", "a/../../x", "", "a//b", "./one.safetensors", "."])
    func outside(path: String) throws {
        let (directory, _, map) = try sharded()
        try directory.write("model.safetensors.index.json", index(map + [("model.extra", path)]))
        #expect(refusal(directory) == CheckpointError(file: path, .shardOutside))
    }

    @Test("a config that asks for far more tensors than there are is refused at the first that is missing")
    func manyTensors() throws {
        let kinds = [String](repeating: "0", count: 4).joined(separator: ", ")
        let config = originalConfig([
            "num_hidden_layers": "4", "attn_type_list": "[\(kinds)]", "num_local_experts": "4096",
        ])
        let tensors = tinyTensors(try parse(originalConfig()))
        let directory = try checkpoint(config: config, tensors)
        let gate = "model.layers.0.block_sparse_moe.gate.weight"
        let shape = CheckpointError.Reason.unexpectedShape(needed: [4096, 6], found: [2, 6])
        #expect(refusal(directory) == CheckpointError(file: "model.safetensors", tensor: gate, shape))
        var lookups = 0
        _ = TensorNames(
            config: try parse(config),
            contains: { _ in
                lookups += 1
                return false
            }
        ).all.prefix(8).map(\.name)
        #expect(lookups < 10_000, "\(lookups) names were looked up for 8 of 49,204")
    }

    @Test("an index or a header larger than any model needs is refused before it is read")
    func largeIndex() throws {
        let directory = try checkpoint(nil)
        func grow(_ name: String, to size: Int, beginning: [UInt8]) throws {
            try directory.write(name, beginning)
            let file = try FileHandle(forWritingTo: URL(filePath: "\(directory.path)/\(name)"))
            try file.truncate(atOffset: UInt64(size))        // a hole, which takes up no disk
            try file.close()
        }
        try grow("model.safetensors", to: 200_000_000, beginning: littleEndian(99_000_000))
        let length = CheckpointError.Reason.headerLength(99_000_000, fileByteCount: 200_000_000)
        #expect(refusal(directory) == CheckpointError(file: "model.safetensors", length))
        try grow("model.safetensors.index.json", to: 1 << 29, beginning: Array("{".utf8))
        let index = refusal(directory)?.description
        #expect(index?.contains("it has 536870912 bytes, at most 33554432 are sensible") == true)
        try grow("config.json", to: 1 << 24, beginning: Array("{".utf8))
        #expect(refusal(directory)?.description.contains("it has 16777216 bytes, at most 1048576 are sensible") == true)
    }

    @Test("a header or an index of more values than any model's is refused, and so is one that nests without end")
    func wideAndDeep() throws {
        let directory = try checkpoint(nil)
        func header(_ text: String) throws -> String {
            try directory.write("model.safetensors", file(header: text, data: []))
            return refusal(directory)?.description ?? "nothing"
        }
        let zeros = String(repeating: "0,", count: SizeLimits.headerValues)
        #expect(try header("{\"a\": [\(zeros)0]}").contains("the header is"))
        #expect(try header(String(repeating: "{\"a\":", count: 1_000_000)).contains("the header is"))
        let names = (0 ... SizeLimits.indexValues).map { "\"\($0)\":\"m\"" }.joined(separator: ",")
        try directory.write("model.safetensors.index.json", "{\"weight_map\":{\(names)}}")
        #expect(refusal(directory)?.file == "model.safetensors.index.json")
    }
}
