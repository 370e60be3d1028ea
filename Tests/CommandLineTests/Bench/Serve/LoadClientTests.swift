import Foundation
import Testing
import Tokenizer
import Transport

@testable import Benchmarks
@testable import ClusterClient

@Suite("Load client") struct LoadClientTests {
    private static let tokens = Result {
        try BenchTokens(BytePairTokenizer(contentsOf: Repository.demo.path), vocabularySize: 4096)
    }
    private static let head: String = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    private static let token: String = "data: {\"choices\":[{\"text\":\"x\",\"finish_reason\":null}]}\n\n"
    private static let end: String =
        "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"

    private func client(_ address: Address) throws -> LoadClient {
        LoadClient(RESTClient(address), tokens: try Self.tokens.get(), begin: .now)
    }

    private func record(
        _ pieces: [String], closes: Bool = true, _ behaviour: LoadItem.Behaviour = .reads
    ) async throws -> RequestRecord {
        try await ScriptedServer.run(.init(pieces: pieces, pause: .milliseconds(5), closes: closes)) { address in
            try await client(address).send(
                LoadItem(at: 0, promptTokens: 2, answerTokens: 3, key: "A", behaviour: behaviour))
        }
    }

    @Test("a whole answer is noted with the times of its tokens")
    func whole() async throws {
        let record = try await record([Self.head, Self.token, Self.token, Self.token, Self.end])
        #expect(record.outcome == .ok)
        #expect(record.tokens.count == 3 && record.tokens == record.tokens.sorted())
        #expect(record.sent <= record.tokens[0] && record.tokens[2] <= record.ended)
    }

    @Test("a slow reader gets the same")
    func slow() async throws {
        let record = try await record([Self.head, Self.token + Self.token + Self.token + Self.end], .readsSlowly)
        #expect(record.outcome == .ok)
    }

    @Test(
        "refusals and breaks are told apart",
        arguments: [
            ("HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n", Outcome.Kind.tooMany),
            ("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", .unavailable),
            ("HTTP/1.1 400 Bad\r\ncontent-length: 3\r\n\r\nwhy", .failed),
            ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", .failed),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ndata: [DONE]\n\n", .wrongEnding), ("", .failed),
        ])
    func refused(answer: String, kind: Outcome.Kind) async throws {
        let record = try await record([answer])
        #expect(record.outcome.kind == kind)
        if answer.contains("why") { #expect(record.outcome == .failed("answered 400: why")) }
    }

    @Test("a client may leave in the middle of its answer or while it waits")
    func leaves() async throws {
        let middle = try await record([Self.head, Self.token, Self.token], closes: false, .leavesAfterTokens(2))
        #expect(middle.outcome == .hungUp && middle.tokens.count == 2)
        let waiting = try await record([Self.head, Self.token], closes: false, .leavesAfterSeconds(0.3))
        #expect(waiting.outcome == .hungUp)
        let answered = try await record(
            [Self.head, Self.token, Self.token, Self.token, Self.end], .leavesAfterSeconds(20))
        #expect(answered.outcome == .ok)
    }

    @Test("nobody at the address is a failure with its reason")
    func nobody() async throws {
        let record = try await client(.tcp(host: "127.0.0.1", port: 1)).send(
            LoadItem(at: 0, promptTokens: 1, answerTokens: 1))
        #expect(record.outcome.reason?.contains("nothing listens there") == true)
    }

    @Test("requests do not wait for the answers to those before; a load that is cut short has no result")
    func openLoop() async throws {
        // Nobody is answered.
        try await ScriptedServer.run(.init(pieces: [Self.head], closes: false)) { address in
            let progress = LoadProgress()
            let runner = LoadRunner(client: try client(address), progress: progress)
            let items = (0 ..< 5).map { LoadItem(at: Double($0) / 100, promptTokens: 1, answerTokens: 3) }
            let run = Task { try await runner.run(items) }
            while !progress.counts.isSent { try await Task.sleep(for: .milliseconds(5)) }
            #expect(progress.counts == .init(sent: 5, isSent: true))
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
        }
    }

    @Test("no request is sent before its time")
    func times() async throws {
        let records = try await ScriptedServer.run(
            .init(pieces: ["HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n"])
        ) { address in
            let items = [0, 0.05, 0.1].map { LoadItem(at: $0, promptTokens: 1, answerTokens: 3) }
            return try await LoadRunner(client: try client(address), progress: LoadProgress()).run(items)
        }
        #expect(records.count == 3)
        for record in records { #expect(record.sent >= record.item.at && record.outcome == .tooMany) }
    }

    @Test("a body is JSON with the prompt, the choice and what else was asked for")
    func body() throws {
        let body = CompletionBody(prompt: [1, 22], tokensMax: 3, choice: [5, 66], priority: "high")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body.json)) as? [String: Any])
        #expect(json["prompt"] as? [Int] == [1, 22])
        #expect(json["logit_bias"] as? [String: Int] == ["5": 100, "66": 100])
        #expect(
            json["max_tokens"] as? Int == 3 && json["priority"] as? String == "high"
                && json["stream"] as? Bool == true && json["ignore_eos"] as? Bool == true)
        let bareBody = CompletionBody(prompt: [], tokensMax: 1, choice: [])
        let bare = try #require(try JSONSerialization.jsonObject(with: Data(bareBody.json)) as? [String: Any])
        #expect(bare["priority"] == nil)
    }

    @Test("the children of a process are found, and what they take")
    func children() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["30"]
        try child.run()
        defer { child.terminate() }
        #expect(ClusterUsage.children(of: ProcessInfo.processInfo.processIdentifier).contains(child.processIdentifier))
        let usage = ClusterUsage.of([child.processIdentifier, -1])
        #expect(usage.anonymousBytes > 0 && usage.descriptors >= 3)
    }
}
