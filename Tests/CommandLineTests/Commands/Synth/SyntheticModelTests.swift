import Checkpoint
import Foundation
import JSON
import Testing

@testable import CommandLineTool

@Suite("Synthetic models") struct SyntheticModelTests {
    private func config(_ model: SyntheticModel) throws -> ModelConfig {
        try ModelConfig(json: model.config.fileContent, file: "config.json")
    }

    @Test(
        """
        at scale 1 with 80 layers it is MiniMax-Text-01, but for the end token, which the real config leaves to others
        """)
    func realModel() throws {
        guard case .object(let members) = SyntheticModel(scale: 1, layers: 80).config else { return }
        let others = JSONValue.object(members.filter { !["bos_token_id", "eos_token_id"].contains($0.name) })
        #expect(
            try ModelConfig(json: others.fileContent, file: "config.json")
                == ModelConfig(contentsOf: Repository.text01.path))
        #expect(members.map(\.name).sorted() == members.map(\.name))
    }

    @Test("at scale 4 with 8 layers it is the bench model: 2.9 B parameters, 336 M read for a token")
    func benchModel() throws {
        let config = try config(SyntheticModel(scale: 4, layers: 8))
        #expect(
            config.hiddenSize == 1536 && config.headCount == 16 && config.headDimension == 128
                && config.keyValueHeadCount == 2)
        #expect(
            config.intermediateSize == 2304 && config.expertCount == 32 && config.expertsPerToken == 2
                && config.vocabularySize == 32_000)
        #expect(config.eosTokenIDs == [31_994] && config.bosTokenID == 31_995)
        let summary = ModelSummary(config)
        #expect(summary.parameters == 2_933_825_024 && summary.expertParameters == 2_717_908_992)
        #expect((summary.activeParameters + 32_000 * 1536) / 1_000_000 == 336)
    }

    @Test(
        "every 8th layer is softmax, with fewer layers the last",
        arguments: [(1, [0]), (3, [2]), (7, [6]), (8, [7]), (12, [7]), (16, [7, 15])])
    func layers(count: Int, softmax: [Int]) throws {
        let layers = try config(SyntheticModel(scale: 64, layers: count)).layers
        #expect(layers.count == count && layers.indices.filter { layers[$0] == .softmax } == softmax)
    }

    @Test(
        "a model without softmax layers, or with more of them", arguments: [(0, []), (2, [1, 3]), (1, [0, 1, 2, 3])])
    func softmaxEvery(every: Int, softmax: [Int]) throws {
        let layers = try config(SyntheticModel(scale: 64, layers: 4, softmaxEvery: every)).layers
        #expect(layers.indices.filter { layers[$0] == .softmax } == softmax)
    }

    @Test("every scale gives widths that a reader accepts", arguments: SyntheticModel.scales)
    func scales(scale: Int) throws {
        let config = try config(SyntheticModel(scale: scale, layers: 2))
        #expect(
            config.hiddenSize * scale == 6144 && config.headCount * scale == 64
                && config.intermediateSize * scale == 9216)
        #expect(config.keyValueHeadCount == max(1, 8 / scale))
        #expect(config.vocabularySize == (scale == 1 ? 200_064 : 32_000))
    }
}
