import Checkpoint
import Foundation
import Testing
@testable import CommandLineTool

@Suite("Inspect") struct InspectTests {
    private func text01(hosts: [Int]) throws -> CheckpointReport {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../CheckpointTests/Fixtures/MiniMax-Text-01").standardizedFileURL.path
        return CheckpointReport(try ModelConfig(contentsOf: folder), hostCounts: hosts, weights: .init(count: 0, bytes: 0))
    }

    @Test("MiniMax-Text-01's config alone gives its published figures")
    func text() throws {
        #expect(try text01(hosts: [1, 8]).text(title: "text-01") == """
            text-01
              family             MiniMax-Text-01
              parameters         456,089,655,296 (456.1 B)
              active per token   45,927,628,800 (45.9 B)
              layers             80: 70 lightning, 10 softmax
              hidden size        6,144
              attention          64 heads of 128, 8 key/value heads in softmax layers
              experts            32 a layer, 2 a token, intermediate size 9,216
              vocabulary         200,064 tokens
              context            10,240,000 tokens
              weights            849.5 GiB in bf16, experts 810 GiB; no weights here
              state per session  280 MiB
              KV per token       40 KiB in bf16, 80 KiB in f32
              per expert host    810 GiB with 1 host
                                 101.3 GiB with 8 hosts
            """)
    }

    @Test("as JSON the figures are plain numbers")
    func json() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(try text01(hosts: [2]).json().utf8)) as? [String: Any])
        #expect(object["parameters"] as? Int == 456_089_655_296)
        #expect(object["lightning_state_bytes_per_session"] as? Int == 280 << 20)
        #expect(object["key_value_bytes_per_token"] as? Int == 40 << 10)
        let hosts = try #require(object["expert_hosts"] as? [[String: Int]])
        #expect(hosts == [["expert_hosts": 2, "bytes_per_host": 405 << 30]])
    }

    @Test("numbers are written for people", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (456_089_655_296, "456,089,655,296")])
    func grouped(number: Int, text: String) { #expect(CheckpointReport.grouped(number) == text) }

    @Test("bytes are whole where they are", arguments: [(5, "5 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (280 << 20, "280 MiB")])
    func bytes(number: Int, text: String) { #expect(CheckpointReport.bytes(number) == text) }
}
