import Checkpoint
import Foundation
import JSON
import Messages
import Tensors
import Testing

@testable import Router

/// Small random checkpoints of odd shapes, against the float64 reference that made them
/// (Tests/Reference/make_fixtures.py).
@Suite("Odd shapes", .serialized, .inTurn) struct OddShapeTests {
    static let names = [
        "all-lightning", "all-softmax-fused", "intermediate-20", "mixed-original", "odd-sizes", "one-layer",
        "one-softmax-layer", "pre-norm",
        "shared-expert", "shared-expert-list", "sliding-window",
    ]

    @Test("logits, hidden states, lightning states and experts agree with the float64 reference", arguments: names)
    func agreement(name: String) async throws {
        struct Expected: Decodable { let ids: [UInt32] }
        let folder = Paths.fixture(name)
        let ids = try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: folder.appending(path: "expected.json"))
        ).ids
        let expected = try ReferenceTensors(folder.appending(path: "expected.safetensors"))
        try await ModelCluster.with(folder.path) { cluster in
            let recorder = Recorder()
            try await cluster.withSequence(tokensMax: ids.count) { sequence in
                let hidden = try await cluster.observed(by: recorder).carry(
                    cluster.batch(sequence, start: 0, tokens: ids)
                ).hidden
                let logits = try await cluster.logits(hidden).values        // every position
                let difference = largestDifference(logits, try expected.values("logits"))
                #expect(difference <= 2e-4, "logits differ by \(difference)")
                for (layer, kind) in cluster.config.layers.enumerated() where kind == .lightning {
                    let difference = relativeDifference(
                        try await cluster.attention.lightningState(sequence, layer: layer),
                        try expected.values("lightning-state.\(layer)"))
                    #expect(difference <= 1e-5, "state of layer \(layer) differs by \(difference)")
                }
            }
            for (layer, tensor) in recorder.seen.afterLayer.enumerated() {
                let difference = relativeDifference(tensor.values, try expected.values("after-layer.\(layer)"))
                #expect(difference <= 1e-5, "layer \(layer) differs by \(difference)")
            }
            #expect(recorder.seen.routes.joined().joined().map(\.expert) == (try expected.integers("top_experts")))
        }
    }

    @Test("every fixture is run")
    func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Paths.fixture("").path).filter {
            FileManager.default.fileExists(atPath: Paths.fixture($0).appending(path: "expected.json").path)
        }
        #expect(folders.sorted() == Self.names.sorted())
    }
}
