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

    /// A file of a model in compose/models, as `demo/config.json`.
    static func file(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: models.appendingPathComponent(path)))
    }

    /// A chat template among those that the interpreter is tested with.
    static func template(_ name: String) throws -> String {
        try String(
            contentsOf: folder.appendingPathComponent("../JinjaTests/Fixtures/templates/\(name).jinja"), encoding: .utf8
        )
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
