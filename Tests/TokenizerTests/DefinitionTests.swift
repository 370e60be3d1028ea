import Foundation
import Testing
import Tokenizer

@Suite("What tells tokenizers apart") struct DefinitionTests {
    private func definition(_ change: (inout [String: Any]) throws -> Void) throws -> [UInt8] {
        let json = try JSONSerialization.jsonObject(with: Data(Fixtures.json("demo")))
        var file = try #require(json as? [String: Any])
        try change(&file)
        // Names in another order, and numbers and text spelled otherwise.
        let bytes = try JSONSerialization.data(withJSONObject: file, options: [.prettyPrinted, .sortedKeys])
        return try BytePairTokenizer(json: Array(bytes), file: "changed.json").definition
    }

    private func changeModel(_ change: (inout [String: Any]) throws -> Void) throws -> [UInt8] {
        try definition { file in
            var model = try #require(file["model"] as? [String: Any])
            try change(&model)
            file["model"] = model
        }
    }

    private func changeFirstAdded(_ name: String, _ value: Any) throws -> [UInt8] {
        try definition { file in
            var added = try #require(file["added_tokens"] as? [[String: Any]])
            added[0][name] = value
            file["added_tokens"] = added
        }
    }

    @Test("it is the same however the file is written")
    func spelling() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        #expect(!tokenizer.definition.isEmpty)
        #expect(try definition { _ in } == tokenizer.definition)
        #expect(try definition { $0["truncation"] = NSNull() } == tokenizer.definition)
    }

    @Test("it changes with two ids that change places, with a merge, and with an added token")
    func changes() throws {
        let original = try Fixtures.tokenizer("demo").definition
        let exchanged = try changeModel { model in
            var vocabulary = try #require(model["vocab"] as? [String: Any])
            (vocabulary["a"], vocabulary["b"]) = (vocabulary["b"], vocabulary["a"])
            model["vocab"] = vocabulary
        }
        let fewerMerges = try changeModel { model in
            model["merges"] = Array(try #require(model["merges"] as? [Any]).dropLast())
        }
        let otherOrder = try changeModel { model in
            model["merges"] = Array(try #require(model["merges"] as? [Any]).reversed())
        }
        let changed = [
            exchanged, fewerMerges, otherOrder, try changeFirstAdded("content", "<other>"),
            try changeFirstAdded("special", false),
        ]
        #expect(Set(changed + [original]).count == changed.count + 1)
    }
}
