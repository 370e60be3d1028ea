import Foundation
import Testing
import Tokenizer

/// What comes with the repository.
enum Fixtures {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    private static let models = folder.appendingPathComponent("../../compose/models").standardizedFileURL

    /// The tokenizer of a model in compose/models.
    static func tokenizer(_ model: String) throws -> BytePairTokenizer {
        try BytePairTokenizer(contentsOf: models.appendingPathComponent(model).path)
    }

    /// What a file in the folder Fixtures holds.
    static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(
            type, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json")))
    }
}

extension BytePairTokenizer {
    /// The ids of a prompt that can be encoded.
    func ids(of prompt: PromptText) -> [Int32] {
        do { return try encode(prompt) } catch {
            Issue.record("not encoded: \(error)")
            return []
        }
    }
}
