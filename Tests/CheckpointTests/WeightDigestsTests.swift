import Tensors
import Testing

@testable import Checkpoint

@Suite("Digests beside a checkpoint") struct WeightDigestsTests {
    private let compute = Compute(threads: 1)
    /// Experts that can be cut into eight.
    private static let wide = ["intermediate_size": "16", "shared_intermediate_size": "8"] as [String: String?]

    private func digests(_ files: WeightFiles) throws -> WeightDigests { try WeightDigests(of: files, compute) }

    @Test("the demo model's are those of its weights")
    func demoModel() throws {
        let files = try WeightFiles(directory: demo)
        let recorded = try #require(try WeightDigests(beside: files))
        let same = try digests(files) == recorded
        #expect(same, "run minimax digest compose/models/demo")
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        for config in [originalConfig(Self.wide), nativeConfig(), originalConfig(["tie_word_embeddings": "true"])] {
            let files = try open(config: config, tinyTensors(try parse(config)))
            let digests = try digests(files)
            #expect(try WeightDigests(text: Array(digests.text.utf8), for: files) == digests)
        }
    }

    @Test("one flipped bit of any tensor is told by its name, and only by that")
    func everyTensor() throws {
        let config = originalConfig(Self.wide), tensors = tinyTensors(try parse(config))
        let recorded = try digests(try open(config: config, tensors))
        for index in tensors.indices {
            var damaged = tensors
            damaged[index].bytes[damaged[index].bytes.count / 2] ^= 0x10
            let files = try open(config: config, damaged)
            let differences = try recorded.differences(from: try digests(files), files)
            #expect(differences.map(\.tensor) == [tensors[index].name])
            #expect(differences.first?.file == "model.safetensors")
        }
    }

    @Test("a slice's digests are those of the smallest slices it consists of")
    func slices() throws {
        let config = originalConfig(Self.wide), files = try open(config: config, tinyTensors(try parse(config)))
        let recorded = try digests(files)
        for (layer, count) in files.expertCounts.enumerated() {
            for expert in 0 ..< count {
                #expect(try files.slicesMax(layer, expert) == 8)
                for slices in [1, 2, 4, 8] {
                    let parts = try (0 ..< slices).flatMap { slice in
                        try compute.digests(of: files.pieces(layer, expert, slice: slice, of: slices).map(\.matrix))
                    }
                    #expect(parts == recorded.experts[layer][expert])
                    let slices = (0 ..< slices).flatMap { recorded.expert(layer, expert, slice: $0, of: slices) }
                    #expect(slices == recorded.experts[layer][expert])
                }
            }
        }
        #expect(files.expertCounts == [3, 3])        // two routed, one shared
    }

    @Test("experts have the same digests one by one and fused")
    func fusedExperts() throws {
        let config = nativeConfig(["intermediate_size": "16"]), tensors = tinyTensors(try parse(config))
        let plain = try digests(try open(config: config, tensors))
        let other = try open(config: config, fused(tensors, try parse(config)))
        #expect(try digests(other).experts == plain.experts)
        let prefix = "model.layers.1.mlp.experts."
        #expect(try Set(other.pieces(1, 1).map(\.tensor)) == ["\(prefix)gate_up_proj", "\(prefix)down_proj"])
    }

    @Test("the file of another checkpoint is refused; so is one that is no such file, or not whole")
    func refused() throws {
        let config = originalConfig(Self.wide)
        let directory = try checkpoint(config: config, tinyTensors(try parse(config)))
        let files = try WeightFiles(directory: directory.path), name = WeightDigests.fileName
        #expect(try WeightDigests(beside: files) == nil)
        let text = try digests(files).text
        func refusal(_ text: String) throws -> CheckpointError? {
            try directory.write(name, text)
            return error { try WeightDigests(beside: files) as Any }
        }
        func expectRefusal(_ text: String, _ sentence: String) throws {
            let found = try refusal(text)?.description ?? "nothing"
            #expect(found.contains(sentence), "\(found)")
        }
        #expect(try refusal(text) == nil)
        let other = try open(tinyTensors(try parse(originalConfig())))
        #expect(try refusal(try digests(other).text) == CheckpointError(file: name, .foreignDigests))
        var lines = text.split(separator: "\n").map(String.init)
        try expectRefusal("", "line 1 must be")
        try expectRefusal("{}", "line 1 must be")
        let odd = text.replacing("model.norm.weight ", with: "model.norm.weight x")
        try expectRefusal(odd, "must be a name and digests")
        try expectRefusal(text + "lonely\n", "found \"lonely\"")
        let without = lines.filter { !$0.hasPrefix("model.norm.weight") }.joined(separator: "\n")
        try expectRefusal(without, "model.norm.weight must be a digest")
        lines[lines.count - 1] = String(lines[lines.count - 1].dropLast(33))
        try expectRefusal(lines.joined(separator: "\n"), "1/2 must be 24 digests, found 23")
    }

    @Test("two processes that map the same files of one machine are known to read the same copy")
    func copies() throws {
        let config = originalConfig(), tensors = tinyTensors(try parse(config))
        let one = try checkpoint(config: config, tensors), two = try checkpoint(config: config, tensors)
        let linked = try TemporaryDirectory()
        try linked.write("config.json", config)
        try linked.link("model.safetensors", to: "\(one.path)/model.safetensors")
        func copy(_ directory: TemporaryDirectory, on machine: String = "m") throws -> String {
            try WeightFiles(directory: directory.path).copyIdentity(on: machine)
        }
        #expect(try copy(one) == copy(one))
        #expect(try copy(one) == copy(linked))
        #expect(try copy(one) != copy(two))
        #expect(try copy(one) != copy(one, on: "n"))
    }
}
