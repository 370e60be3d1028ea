import Console
import Synchronization
import Testing

@testable import Benchmarks
@testable import ClusterClient

@Suite("Answer watcher") struct AnswerWatcherTests {
    private static let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    private static func token(_ text: String) -> String { "data: {\"choices\":[{\"text\":\"\(text)\"}]}\n\n" }
    private static let end =
        #"data: {"choices":[{"text":"","finish_reason":"length"}],"#
        + #""usage":{"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}"# + "\n\ndata: [DONE]\n\n"
    private static let request = CompletionBody(prompt: [1], tokensMax: 2, choice: [])

    private func watch(
        _ pieces: [String], onTokens: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> WatchedAnswer {
        try await ScriptedServer.run(.init(pieces: pieces, pause: .milliseconds(20))) { address in
            try await AnswerWatcher(RESTClient(address)).watch(Self.request, onTokens: onTokens)
        }
    }

    @Test("text and times are those of the tokens, whose number is told")
    func whole() async throws {
        let log = Log()
        let answer = try await watch([Self.head, Self.token("a"), Self.token("b"), Self.end]) { log.add($0) }
        #expect(answer.text == "ab" && answer.cached == 1)
        #expect(answer.tokens.count == 2 && answer.tokens[0] <= answer.tokens[1])
        #expect(log.counts == log.counts.sorted() && log.counts.last == 2)
    }

    @Test(
        "an answer that is not whole is an error that tells why",
        arguments: [
            ([head, token("a"), end], "1 pieces of text came, expected 2"),
            ([head, token("a"), token("b")], "without [DONE]"),
            (["HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nlost"], "answered 503: lost"),
        ])
    func broken(pieces: [String], reason: String) async throws {
        let error = await #expect(throws: StartError.self) { _ = try await watch(pieces) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    private final class Log: Sendable {
        private let content = Mutex<[Int]>([])
        var counts: [Int] { content.withLock { $0 } }
        func add(_ count: Int) { content.withLock { $0.append(count) } }
    }
}
