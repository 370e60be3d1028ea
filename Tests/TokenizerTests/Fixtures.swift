import Foundation
import Testing
import Tokenizer

/// Reads what Tests/Reference/tokenizer/make_fixtures.py wrote.
enum Fixtures {
    struct Sample: Decodable {
        let text: String
        let ids: [Int32]
    }
    struct Decoding: Decodable {
        let ids: [Int32]
        let all: String        // special tokens kept
        let plain: String        // and skipped
    }
    struct Expected: Decodable {
        let tokenizer: String
        let encodings: [String]        // of each corpus text: count and digest of its ids
        let contents: [String]        // the same, special tokens taken as text
        let samples: [Sample]
        let decodings: [Decoding]
        let scalars: [String]        // digests for 4096 scalars each
    }

    static let names = ["o200k", "digits-nfc", "llama3", "added-tokens", "demo"]
    private static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    private static let folder = tests.appendingPathComponent("Fixtures")
    private static let demo = tests.appendingPathComponent("../../compose/models/demo").standardizedFileURL

    static func json(_ name: String) throws -> [UInt8] {
        Array(
            try Data(
                contentsOf: name == "demo"
                    ? demo.appendingPathComponent("tokenizer.json") : folder.appendingPathComponent("\(name).json")))
    }

    static func tokenizer(_ name: String) throws -> BytePairTokenizer {
        if name == "demo" { return try BytePairTokenizer(contentsOf: demo.path) }
        return try BytePairTokenizer(json: json(name), file: "\(name).json")
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json(name)))
    }

    static func expected(_ name: String) throws -> Expected {
        guard let expected = try decode([Expected].self, "expected").first(where: { $0.tokenizer == name }) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return expected
    }

    static func corpus() throws -> [String] { try decode([String].self, "corpus") }
}

extension BytePairTokenizer {
    /// The ids of a text that may spell special tokens.
    func encode(_ text: String) -> [Int32] { ids(of: PromptText(template: text)) }

    func ids(of prompt: PromptText) -> [Int32] {
        do { return try encode(prompt) } catch {
            Issue.record("not encoded: \(error)")
            return []
        }
    }
}

/// FNV-1a over ids as little-endian 32-bit numbers.
struct IDDigest {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ ids: [Int32]) {
        for id in ids {
            for shift in stride(from: 0, to: 32, by: 8) {
                state = (state ^ UInt64(UInt8(truncatingIfNeeded: id >> Int32(shift)))) &* 0x100_0000_01B3
            }
        }
    }

    var text: String { String(repeating: "0", count: 16 - String(state, radix: 16).count) + String(state, radix: 16) }

    static func summary(_ ids: [Int32]) -> String {
        var digest = IDDigest()
        digest.add(ids)
        return "\(ids.count):\(digest.text)"
    }
}
