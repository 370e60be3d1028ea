import AdminMessages
import Foundation
import Messages
import Tensors
import Testing

@testable import Checkpoint
@testable import Router

/// Attention in several parts and several replicas gives the bytes that one process gives.
@Suite("Parts and replicas of attention", .serialized, .inTurn) struct AttentionPartsTests {
    private static let chunks = [100, 1, 1, 62, 64, 1, 71, 1]

    private func logits(
        _ model: String, _ shape: ModelCluster.Shape, vocabulary: UInt32 = 4088
    ) async throws -> [[[UInt32]]] {
        let prompt = EqualityTests.prompt.map { $0 % vocabulary }
        return try await ModelCluster.with(model, shape) { cluster in
            var all: [[[UInt32]]] = []
            for replica in 0 ..< shape.replicas {
                all.append(try await cluster.logits(prompt, chunks: Self.chunks, on: replica).map(\.bits))
            }
            return all
        }
    }

    @Test("1, 2, 4 and 8 parts, 1 to 3 replicas, whole and sliced experts: the same logits, bit for bit")
    func demo() async throws {
        let shapes: [ModelCluster.Shape] = [
            .init(expertHosts: 1), .init(expertHosts: 2, parts: 2, settings: .init(mode: .latency)),
            .init(expertHosts: 1, replicas: 2, parts: 2), .init(expertHosts: 3, parts: 4),
            .init(expertHosts: 1, parts: 8), .init(expertHosts: 2, replicas: 3, settings: .init(mode: .latency)),
        ]
        var reference: [[UInt32]]?
        for shape in shapes {
            for logits in try await logits(Paths.demo, shape) {
                if let reference { #expect(logits == reference, "\(shape)") } else { reference = logits }
            }
        }
    }

    @Test("a step over several replicas has each sequence's rows as it has them alone")
    func together() async throws {
        let prompt = EqualityTests.prompt
        try await ModelCluster.with(Paths.demo, .init(expertHosts: 1, replicas: 2, parts: 2)) { cluster in
            let alone = try await cluster.logits(prompt, chunks: [200, 1]).map(\.bits)
            for overlapped in [false, true] {
                try await cluster.withSequence(tokensMax: 300, on: 0) { first in
                    try await cluster.withSequence(tokensMax: 300, on: 1) { second in
                        var batch = try cluster.batch(first, on: 0, start: 0, tokens: Array(prompt[..<200]))
                        let other = try cluster.batch(second, on: 1, start: 0, tokens: Array(prompt[..<200]))
                        batch = batch + other
                        let hidden = try await cluster.pass.carry(batch, overlapped: overlapped).hidden
                        for last in [199, 399] {
                            let bits = try await cluster.logits(hidden.rows(last ..< last + 1)).values.bits
                            #expect(bits == alone[0], "row \(last), overlapped: \(overlapped)")
                        }
                        let next =
                            try cluster.batch(second, on: 1, start: 200, tokens: [prompt[200]])
                            + cluster.batch(first, on: 0, start: 200, tokens: [prompt[200]])
                        let step = try await cluster.pass.carry(next, overlapped: overlapped).hidden
                        let rows = try await cluster.logits(step)
                        for row in 0 ..< 2 { #expect(rows.rows(row ..< row + 1).values.bits == alone[1]) }
                    }
                }
            }
        }
    }

    /// As many parts as a checkpoint's attention can be cut into, and half of that.
    private func compareParts(_ model: String) async throws -> Int {
        let most = try WeightFiles(directory: model).attentionPartsMax()
        let vocabulary = UInt32(try WeightFiles(directory: model).config.vocabularySize)
        var reference: [[UInt32]]?
        for parts in Set([1, most, max(1, most / 2)]).sorted() {
            let shape = ModelCluster.Shape(expertHosts: 1, parts: parts)
            let found = try await logits(model, shape, vocabulary: vocabulary)[0]
            if let reference { #expect(found == reference, "\(parts) parts") } else { reference = found }
        }
        return most
    }

    @Test(
        "odd shapes give the same bytes in parts: windows, few key/value heads, one layer",
        arguments: ["sliding-window", "shared-expert-list", "odd-sizes", "one-layer", "all-softmax-fused"])
    func oddShapes(name: String) async throws { _ = try await compareParts(Paths.fixture(name).path) }

    @Test("quantized weights give the same bytes in parts", arguments: ["int8", "int4"])
    func quantized(kind: String) async throws {
        try await Paths.withFolder { folder in
            let model = "\(folder)/model"
            let made = try await Tool.run(
                Paths.program("minimax").path, ["quantize", Paths.demo, "--to", kind, "--out", model])
            #expect(made.status == 0, "\(made.output)")
            #expect(try await compareParts(model) > 1)
        }
    }
}
