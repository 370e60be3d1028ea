import Console
import Foundation
import Synchronization
import Testing
import Transport

@testable import ClusterClient
@testable import CommandLineTool

@Suite("Chat client") struct ChatClientTests {
    private static let question = ChatClient.Question(text: "q", maxTokens: 4, temperature: 0, seed: 1)

    private func ask(_ body: String, status: String = "200 OK") async throws -> (text: String, timing: ChatTiming?) {
        let text = Mutex("")
        let answer = "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        let timing = try await ScriptedServer.run(.init(pieces: [answer])) { address in
            try await ChatClient(url: "http://\(address)").ask(Self.question, model: "m") { piece in
                text.withLock { $0 += piece }
            }
        }
        return (text.withLock { $0 }, timing)
    }

    @Test("the pieces of an answer are put together and its tokens counted")
    func answer() async throws {
        let found = try await ask(
            """
            : keep-alive

            data: {"choices":[{"delta":{"role":"assistant"}}]}

            data: {"choices":[{"delta":{"content":"47"}}]}

            data: {"choices":[{"delta":{"content":"11"}}]}

            data: {"choices":[],"usage":{"prompt_tokens":5000,"completion_tokens":3}}

            data: [DONE]


            """)
        #expect(found.text == "4711")
        #expect(found.timing?.promptTokens == 5000)
        #expect(found.timing?.answerTokens == 3)
    }

    @Test("a refusal is told with its status and the server's words")
    func refusal() async {
        let error = await #expect(throws: StartError.self) {
            _ = try await ask(
                #"{"error":{"message":"too long","code":"context_length_exceeded"}}"#, status: "400 Bad Request")
        }
        #expect(error?.description == "the cluster answered 400: too long")
    }

    @Test("an answer that ends without its mark, or with an error, is no answer")
    func broken() async {
        let cut = await #expect(throws: StartError.self) {
            _ = try await ask("data: {\"choices\":[{\"delta\":{\"content\":\"4\"}}]}\n\n")
        }
        #expect(cut?.description == "the answer broke off before its end")
        let failed = await #expect(throws: StartError.self) {
            _ = try await ask("data: {\"error\":{\"message\":\"expert host lost\"}}\n\n")
        }
        #expect(failed?.description == "the cluster gave up: expert host lost")
        await #expect(throws: StartError.self) { _ = try await ask("data: nonsense\n\n") }
    }

    @Test("the timing line gives prefill and decode speed; the first token belongs to the prefill")
    func timing() {
        let timing = ChatTiming(promptTokens: 5000, answerTokens: 11, secondsToFirst: 2, secondsAfterFirst: 0.5)
        #expect(
            timing.line
                == "prompt 5000 tokens, prefill 2500.0 tokens/s; answer 11 tokens, decode 20.0 tokens/s; 2.5 s in all")
        let empty = ChatTiming(promptTokens: 5, answerTokens: 1, secondsToFirst: 0, secondsAfterFirst: 0)
        #expect(empty.line == "prompt 5 tokens, prefill – tokens/s; answer 1 tokens, decode – tokens/s; 0.0 s in all")
    }

    @Test("documents come before the question, each on lines of its own")
    func prompt() throws {
        #expect(AskCommand.prompt("Why?", documents: ["one", "two"]) == "one\ntwo\nWhy?")
        #expect(AskCommand.prompt("Why?", documents: []) == "Why?")
    }
}
