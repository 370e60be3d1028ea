import Checkpoint
import Foundation
import JSON
import Testing
import Tokenizer

@testable import CommandLineTool

extension BytePairTokenizer {
    /// The ids of a text that may spell special tokens; none if it cannot be encoded.
    fileprivate func encode(_ text: String) -> [Int32] { (try? encode(PromptText(template: text))) ?? [] }
}

@Suite("Synthetic tokenizers") struct SyntheticTokenizerTests {
    private static let sizes = [264, 265, 600, 32_000]

    private func tokenizer(_ vocabulary: Int) throws -> BytePairTokenizer {
        let file = try #require(SyntheticTokenizer(vocabulary: vocabulary).files.first { $0.name == "tokenizer.json" })
        return try BytePairTokenizer(json: file.content.fileContent, file: file.name)
    }

    @Test("every id decodes, and no two to the same bytes", arguments: sizes)
    func everyID(vocabulary: Int) throws {
        let tokenizer = try tokenizer(vocabulary)
        #expect(tokenizer.vocabularyCount == vocabulary && tokenizer.baseCount == vocabulary - 8)
        let texts = try (0 ..< Int32(vocabulary)).map { try #require(tokenizer.bytes(of: $0)) }
        #expect(Set(texts).count == vocabulary)
    }

    @Test("any text survives encoding and decoding", arguments: sizes)
    func roundTrip(vocabulary: Int) throws {
        let tokenizer = try tokenizer(vocabulary)
        for text in [
            "", "The school of the other world, and there it was.", "größer 漢字 😀 1234\n\t \u{0} babe ike",
            " zzz  the  ",
        ] {
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }

    @Test("every word's token is reached by its merges")
    func words() throws {
        let tokenizer = try tokenizer(32_000)
        #expect(tokenizer.encode(" the school children").count == 3)
        for id in stride(from: Int32(256), to: 31_992, by: 7) {
            let text = String(decoding: try #require(tokenizer.bytes(of: id)), as: UTF8.self)
            #expect(tokenizer.encode(text) == [id], "\(text)")
        }
    }

    @Test(
        """
        MiniMax's special tokens are the last ids; config, tokenizer and generation settings agree on where an answer \
        ends
        """)
    func specials() throws {
        let model = SyntheticModel(scale: 64, layers: 1, vocabulary: 300)
        let tokenizer = try tokenizer(300)
        #expect(tokenizer.encode("<beginning_of_sentence>user<end_of_sentence>").first == 295)
        #expect(
            tokenizer.encode("<end_of_sentence>") == [294] && tokenizer.isSpecial(294) && tokenizer.isSpecial(299)
                && !tokenizer.isSpecial(291))
        let files = Dictionary(uniqueKeysWithValues: model.tokenizer.files.map { ($0.name, $0.content) })
        #expect(model.config["eos_token_id"] == 294 && files["generation_config.json"]?["eos_token_id"] == 294)
        #expect(files["tokenizer_config.json"]?["added_tokens_decoder"]?["294"]?["content"] == "<end_of_sentence>")
    }

    @Test("the chat template is the demo model's")
    func chatTemplate() throws {
        let demo = Repository.demo.appending(path: "tokenizer_config.json")
        let expected = try JSONReader.read(Array(try Data(contentsOf: demo)))["chat_template"]
        let settings = SyntheticTokenizer(vocabulary: 300).files.first { $0.name == "tokenizer_config.json" }?.content
        #expect(settings?["chat_template"] == expected && expected != nil)
    }
}
