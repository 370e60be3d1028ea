import Checkpoint
import Console
import Foundation
import Testing

@testable import CommandLineTool
@testable import TerminalOutput

@Suite("Inspect") struct InspectTests {
    private func text01(hosts: [Int]) throws -> CheckpointReport {
        CheckpointReport(
            try ModelConfig(contentsOf: Repository.text01.path), hostCounts: hosts, weights: .init(count: 0, bytes: 0))
    }

    @Test("MiniMax-Text-01's config alone gives its published figures")
    func text() throws {
        #expect(
            try text01(hosts: [1, 8]).text(title: "text-01") == """
                text-01
                  family              MiniMax-Text-01
                  parameters          456,089,655,296 (456.1 B)
                  active per token    45,927,628,800 (45.9 B)
                  layers              80: 70 lightning, 10 softmax
                  hidden size         6,144
                  attention           64 heads of 128, 8 key/value heads in softmax layers
                  experts             32 a layer, 2 a token, intermediate size 9,216
                  vocabulary          200,064 tokens
                  context             10,240,000 tokens
                  weights             849.5 GiB in bf16, experts 810 GiB; no weights here
                  state per sequence  280 MiB
                  KV per token        40 KiB in bf16, 80 KiB in f32
                  per expert host     810 GiB with 1 host
                                      101.3 GiB with 8 hosts
                """)
    }

    @Test("as JSON the figures are plain numbers")
    func json() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(try text01(hosts: [2]).json().utf8)) as? [String: Any])
        #expect(object["parameters"] as? Int == 456_089_655_296)
        #expect(object["lightning_state_bytes_per_sequence"] as? Int == 280 << 20)
        #expect(object["key_value_bytes_per_token"] as? Int == 40 << 10)
        let hosts = try #require(object["expert_hosts"] as? [[String: Int]])
        #expect(hosts == [["expert_hosts": 2, "bytes_per_host": 405 << 30]])
    }

    /// The demo model, as links, without what `spoil` takes away.
    private func withDemo(_ spoil: (URL) throws -> Void, body: (String) throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let copy = URL(filePath: folder.path)
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: Repository.demo.path) {
                let original = Repository.demo.appending(path: name)
                try FileManager.default.createSymbolicLink(at: copy.appending(path: name), withDestinationURL: original)
            }
            try spoil(copy)
            try body(folder.path)
        }
    }

    @Test("weights that are whole, or not there at all, are no fault")
    func whole() async throws {
        try await withDemo({ _ in }) { try InspectCommand.checkWeights(in: $0) }
        try await withDemo({ copy in
            let names = try FileManager.default.contentsOfDirectory(atPath: copy.path)
            for name in names where name.contains("safetensors") {
                try FileManager.default.removeItem(at: copy.appending(path: name))
            }
        }) { try InspectCommand.checkWeights(in: $0) }
    }

    @Test(
        "a shard that is missing is named; of several, all",
        arguments: [
            ([3], "model-00003-of-00004.safetensors: the index names this file, but it is not there"),
            (
                [2, 4],
                """
                model-00002-of-00004.safetensors: the index names this file and 1 more that are not there: \
                model-00004-of-00004.safetensors
                """
            ),
        ])
    func missing(shards: [Int], complaint: String) async throws {
        try await withDemo({ copy in
            for shard in shards {
                try FileManager.default.removeItem(at: copy.appending(path: "model-0000\(shard)-of-00004.safetensors"))
            }
        }) { folder in
            #expect(throws: StartError("\(folder): \(complaint)")) { try InspectCommand.checkWeights(in: folder) }
        }
    }

    @Test(
        "a pointer of Git LFS in a file's place is called one",
        arguments: ["model-00003-of-00004.safetensors", "model.safetensors.index.json"])
    func pointer(name: String) async throws {
        let pointer = """
            version https://git-lfs.github.com/spec/v1
            oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
            size 5163520

            """
        try await withDemo({ copy in
            try FileManager.default.removeItem(at: copy.appending(path: name))
            try Data(pointer.utf8).write(to: copy.appending(path: name))
        }) { folder in
            let fault = #expect(throws: StartError.self) { try InspectCommand.checkWeights(in: folder) }
            #expect(
                fault?.description.contains("\(name)") == true
                    && fault?.description.contains("Git LFS pointer") == true, "\(fault?.description ?? "")")
        }
    }

    @Test("a cache of Hugging Face is shown by its model's name, any other folder as it is given")
    func titles() {
        #expect(
            InspectCommand.title(of: "/h/hub/models--MiniMaxAI--MiniMax-Text-01/snapshots/abc")
                == "MiniMaxAI/MiniMax-Text-01 in /h/hub/models--MiniMaxAI--MiniMax-Text-01/snapshots/abc")
        #expect(InspectCommand.title(of: "/m/demo") == "/m/demo")
    }

    @Test(
        "numbers are written for people",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (456_089_655_296, "456,089,655,296")])
    func grouped(number: Int, text: String) { #expect(Amount.grouped(number) == text) }

    @Test(
        "bytes are whole where they are",
        arguments: [(5, "5 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (280 << 20, "280 MiB")])
    func bytes(number: Int, text: String) { #expect(Amount.bytes(number) == text) }
}
