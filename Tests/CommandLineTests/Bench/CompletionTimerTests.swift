import Console
import Foundation
import Testing
import Tokenizer

@testable import Benchmarks
@testable import ClusterClient

@Suite("Completion timer") struct CompletionTimerTests {
    private static func chunk(_ text: String) -> String {
        "data: {\"choices\":[{\"text\":\"\(text)\",\"index\":0}]}\n\n"
    }

    private func run(
        _ pieces: [String], status: String = "200 OK", tokens: Int, sideBySide: Int? = nil
    ) async throws -> [CompletionTimer.Times] {
        let head = "HTTP/1.1 \(status)\r\nconnection: close\r\n\r\n"
        return try await ScriptedServer.run(.init(pieces: [head] + pieces, pause: .milliseconds(20))) { address in
            let timer = CompletionTimer(client: try RESTClient(url: "http://\(address)"))
            return try await timer.run([.init(prompt: [1, 2], tokensMax: tokens, choice: [])], sideBySide: sideBySide)
        }
    }

    @Test("what has generated enough is hung up on")
    func enough() async throws {
        let times = try #require(
            try await run(Array(repeating: Self.chunk("a"), count: 1000), tokens: 1000, sideBySide: 3).first)
        #expect(times.tokens.count == 3)
    }

    @Test("each piece of text is noted when it comes; comments and the empty last chunk are none")
    func noted() async throws {
        let found = try await run(
            [Self.chunk("a"), ": keep-alive\n\n", Self.chunk("b") + Self.chunk(""), "data: [DONE]\n\n"], tokens: 2)
        let times = try #require(found.first)
        #expect(times.tokens.count == 2)
        #expect(times.sent < times.tokens[0] && times.tokens[0] < times.tokens[1])
    }

    @Test(
        "an answer that is no stream of single tokens is an error that tells why",
        arguments: [
            ([chunk("a"), "data: [DONE]\n\n"], "200 OK", "1 pieces of text, expected one for each of 2"),
            (
                ["{\"error\":{\"message\":\"too long\"}}"], "400 Bad Request",
                "answered 400: {\"error\":{\"message\":\"too long\"}}"
            ),
            ([chunk("a"), "data: {\"error\":{\"message\":\"host lost\"}}\n\n"], "200 OK", "gave up: host lost"),
            (["data: nonsense\n\n"], "200 OK", "no completion: nonsense"),
        ])
    func refused(pieces: [String], status: String, reason: String) async throws {
        let error = await #expect(throws: StartError.self) { try await run(pieces, status: status, tokens: 2) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("prompts are ordinary tokens and answers printable ones; the same seed gives the same, another seed others")
    func tokens() throws {
        let tokenizer = try BytePairTokenizer(contentsOf: Repository.demo.path)
        let tokens = try BenchTokens(tokenizer, vocabularySize: 4096)
        func request(seed: UInt64) -> CompletionBody {
            var random = SplitMix64(seed: seed)
            return tokens.request(context: 300, tokens: 100, random: &random)
        }
        let found = request(seed: 1)
        #expect(found == request(seed: 1))
        #expect(found.prompt != request(seed: 2).prompt && found.choice != request(seed: 2).choice)
        #expect(found.prompt.count == 300)
        #expect(found.prompt.allSatisfy { !tokenizer.isSpecial($0) && tokenizer.bytes(of: $0)?.isEmpty == false })
        #expect(Set(found.choice).count == 100)        // one for each token of the answer
        for id in found.choice {
            #expect(tokenizer.bytes(of: id)?.allSatisfy { (0x20 ... 0x7E).contains($0) } == true)
        }
        #expect(try BenchTokens(tokenizer, vocabularySize: 500).ordinary.allSatisfy { $0 < 500 })
        #expect(throws: StartError.self) { try BenchTokens(tokenizer, vocabularySize: 0) }
    }

    @Test("the random numbers are those of the published generator")
    func splitMix() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            (0 ..< 3).map { _ in random.next() }
                == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }
}
