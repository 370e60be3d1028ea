import Checkpoint
import Foundation
import Tensors
import Testing

@testable import Benchmarks

/// The demo model by hand: D 192, 8 heads of 64 (inner 512), 2 key/value heads (128), F 96, 8 experts of which 2,
/// vocabulary 4096; 14 lightning layers and 2 softmax layers, all bf16.
@Suite("Active weights") struct ActiveWeightsTests {
    private static let lightning = 5 * 512 * 192, softmax = 2 * (512 + 128) * 192
    private static let gate = 8 * 192, expert = 3 * 192 * 96, head = 4096 * 192
    private static let dense = 14 * lightning + 2 * softmax + 16 * gate

    private func weights() throws -> ActiveWeights { try ActiveWeights(WeightFiles(directory: Repository.demo.path)) }

    @Test("a checkpoint's tensors are counted as stored")
    func sizes() throws {
        let weights = try weights()
        #expect(weights.dense == .init(bytes: 2 * Self.dense, elements: Self.dense))
        #expect(weights.expertType == .bfloat16)
        #expect(weights.head == .init(bytes: 2 * Self.head, elements: Self.head))
        #expect(weights.experts == .init(bytes: 2 * 16 * 8 * Self.expert, elements: 16 * 8 * Self.expert))
        #expect(weights.elementsPerToken == Double(Self.dense + 16 * 2 * Self.expert))
    }

    @Test(
        """
        one token reads its two experts of each layer; more tokens read as many as they are expected to choose, never \
        more than all
        """)
    func bytes() throws {
        let weights = try weights()
        #expect(weights.bytesPerStep(batch: 1) == 19_906_560)
        #expect(weights.bytesPerStep(batch: 2) == 22_560_768)        // 3.5 of 8 experts
        #expect([1, 2, 4].map(weights.distinctExperts) == [2, 3.5, 5.46875])
        #expect(weights.distinctExperts(batch: 1000) == 8)
    }

    @Test("each token of a step takes two operations for each element it is multiplied with")
    func stepOperations() throws {
        let active = Self.dense + 16 * 2 * Self.expert + Self.head
        #expect(try weights().operationsPerStep(batch: 3) == Double(6 * active))
    }

    @Test(
        """
        the operations of a prompt are those of its matrices, of lightning blocks of 64 and of all pairs of a softmax \
        layer
        """)
    func operations() throws {
        let config = try ModelConfig(contentsOf: Repository.demo.path)
        let operations = PrefillOperations(config: config, weights: try weights())
        let matrices = 2 * (100 * (Self.dense + 16 * 2 * Self.expert) + Self.head)
        let lightning = 100 * 14 * 8 * (4 * 64 * 64 + 2 * 64 * 65)
        let softmax = 2 * 8 * 4 * 64 * (100 * 101 / 2)
        #expect(operations.total(tokens: 100) == Double(matrices + lightning + softmax))
        #expect(operations.total(tokens: 100) == 2_132_312_064)
    }
}
