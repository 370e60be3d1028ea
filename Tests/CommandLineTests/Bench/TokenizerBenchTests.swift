import Console
import Foundation
import Testing
import Tokenizer

@testable import Benchmarks

@Suite("Tokenizer bench") struct TokenizerBenchTests {
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "text-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try body(path)
    }

    @Test("a short text is repeated to a million bytes, a long one is taken as it is")
    func repeated() throws {
        try withFile(Array("zwölf ".utf8)) { path in
            let text = try TokenizerBench.text(path)
            #expect((1_000_000 ..< 1_000_007).contains(text.utf8.count))
            #expect(text.hasPrefix("zwölf zwölf "))
        }
        let long = [UInt8](repeating: 97, count: 1_000_001)
        try withFile(long) { path in
            let text = try TokenizerBench.text(path)
            #expect(text.utf8.count == long.count)
        }
    }

    @Test(
        "what is no text is refused by name",
        arguments: [([], "is empty"), ([0xFF, 0xFE, 0xFF], "is not UTF-8 text")] as [([UInt8], String)])
    func refused(bytes: [UInt8], reason: String) throws {
        try withFile(bytes) { path in
            let error = #expect(throws: StartError.self) { try TokenizerBench.text(path) }
            #expect(error?.description == "--text \(path) \(reason)")
        }
        let missing = #expect(throws: StartError.self) { try TokenizerBench.text("/no/such.txt") }
        #expect(missing?.description == "--text /no/such.txt cannot be read: No such file or directory")
    }

    @Test("both ways are measured with the demo model's tokenizer")
    func measured() throws {
        let rates = try TokenizerBench.measure(try BytePairTokenizer(contentsOf: Repository.demo.path), "Who are you? ")
        #expect(rates.map(\.name) == ["tokenizer.encode", "tokenizer.decode"])
        #expect(rates.allSatisfy { $0.rate > 0 })
    }
}
