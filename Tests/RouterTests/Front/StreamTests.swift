import Foundation
import JSON
import NIOCore
import Synchronization
import Testing
import Tokenizer

@testable import Router

@Suite("Streaming") struct StreamTests {
    private let chat = #""messages":[{"role":"user","content":"hi"}],"stream":true"#

    private func choice(_ chunk: JSONValue) -> JSONValue? {
        if case .array(let choices)? = chunk["choices"] { choices.first } else { nil }
    }

    /// The text of all chunks of one choice.
    private func text(_ chunks: [JSONValue], _ index: Int = 0) -> String {
        chunks.compactMap(choice).filter { $0["index"] == .int(index) }.map { choice in
            if case .string(let text)? = choice["delta"]?["content"] ?? choice["text"] { text } else { "" }
        }.joined()
    }

    @Test("a chat stream is role, text, finish, usage and [DONE], each a data line and a blank line")
    func format() async throws {
        try await withFront(ScriptedGenerator.saying(demoTokenizer.encode("Hello"))) { client in
            let answer = try await client.post(
                "/v1/chat/completions", #"{\#(chat),"stream_options":{"include_usage":true}}"#)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(answer.body.hasSuffix("\n\ndata: [DONE]\n\n"))
            let lines = answer.body.components(separatedBy: "\n\n").dropLast()
            #expect(lines.allSatisfy { $0.hasPrefix("data: ") && !$0.contains("\n") })
            let chunks = answer.chunks
            #expect(
                chunks.allSatisfy {
                    $0["object"] == "chat.completion.chunk" && $0["id"] == chunks[0]["id"]
                        && $0["created"] == chunks[0]["created"]
                })
            #expect(
                choice(chunks[0]) == [
                    "index": .int(0), "delta": ["role": "assistant", "content": ""], "logprobs": .null,
                    "finish_reason": .null,
                ])
            #expect(text(chunks) == "Hello")
            #expect(
                choice(chunks[chunks.count - 2]) == [
                    "index": .int(0), "delta": [:], "logprobs": .null, "finish_reason": "stop",
                ])
            #expect(chunks[chunks.count - 1]["choices"] == [])
            #expect(
                chunks[chunks.count - 1]["usage"]?["completion_tokens"] == .int(demoTokenizer.encode("Hello").count))
            #expect(chunks.dropLast().allSatisfy { $0["usage"] == .null })
        }
    }

    @Test("without include_usage no chunk speaks of usage")
    func noUsage() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let answer = try await client.post("/v1/completions", #"{"prompt":"a","stream":true}"#)
            #expect(!answer.chunks.isEmpty)
            #expect(answer.chunks.allSatisfy { $0["usage"] == nil && $0["object"] == "text_completion" })
        }
    }

    @Test(
        "streamed text is the whole answer's text, and no chunk splits a character",
        arguments: ["Hi 😀 naïve été 漢字!", "one two three four", "a😀STOPb"])
    func sameText(text expected: String) async throws {
        try await withFront(ScriptedGenerator.saying(demoTokenizer.encode(expected))) { client in
            for stop in ["\"STOP\"", "\"two t\"", "\"字\"", "null"] {
                let whole = try await client.post(
                    "/v1/completions", #"{"prompt":"a","max_tokens":100,"stop":\#(stop)}"#)
                let streamed = try await client.post(
                    "/v1/completions", #"{"prompt":"a","max_tokens":100,"stop":\#(stop),"stream":true}"#)
                guard case .array(let choices)? = whole.json["choices"] else {
                    Issue.record("\(whole.body)")
                    return
                }
                #expect(choices[0]["text"] == .string(text(streamed.chunks)))
                #expect(!streamed.body.contains("\u{FFFD}"))
                #expect(
                    choice(streamed.chunks[streamed.chunks.count - 1])?["finish_reason"] == choices[0]["finish_reason"])
            }
        }
    }

    @Test("several choices are interleaved, each with its role and its end")
    func choices() async throws {
        let begun = Mutex(0)
        let generator = ScriptedGenerator { request, emit in
            for (position, token) in demoTokenizer.encode("word number \(request.id.suffix(1))").enumerated() {
                guard try await emit(.token(token, nil)) else { break }
                // Nobody goes on before all have begun.
                if position == 0 { begun.withLock { $0 += 1 } }
                while begun.withLock({ $0 }) < 3 { try await Task.sleep(for: .milliseconds(2)) }
            }
            return .stop
        }
        try await withFront(generator) { client in
            let chunks = try await client.post("/v1/chat/completions", #"{\#(chat),"n":3}"#).chunks
            for index in 0 ..< 3 {
                #expect(text(chunks, index) == "word number \(index)")
                let own = chunks.compactMap(choice).filter { $0["index"] == .int(index) }
                #expect(own.first?["delta"]?["role"] == "assistant")
                #expect(own.filter { $0["finish_reason"] == "stop" }.count == 1)
            }
            // The first choice has not ended when the last begins.
            let indices = chunks.compactMap { choice($0)?["index"] }
            let lastOfFirst = indices.lastIndex(of: .int(0)) ?? 0
            let firstOfLast = indices.firstIndex(of: .int(2)) ?? indices.count
            #expect(firstOfLast < lastOfFirst)
        }
    }

    @Test("a long silence is filled with comments, which are no events", .timeLimit(.minutes(1)))
    func keepAlive() async throws {
        let isReleased = Mutex(false)
        let generator = ScriptedGenerator { request, emit in
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            return try await ScriptedGenerator.say([100], request, emit)
        }
        try await withFront(generator, FrontConfig(keepAlive: .milliseconds(20))) { client in
            let body = "{\(chat)}"
            try await client.withConnection { connection in
                let head = FrontClient.head(
                    "POST", "/v1/chat/completions", length: body.utf8.count, headers: ["Connection": "close"])
                try await connection.write(Array((head + "\r\n" + body).utf8))
                var bytes: [UInt8] = []
                for try await buffer in connection.inbound {
                    bytes += buffer.readableBytesView
                    if String(decoding: bytes, as: UTF8.self).components(separatedBy: ": keep-alive\n\n").count > 3 {
                        isReleased.withLock { $0 = true }
                    }
                }
                let answer = FrontClient.parse(bytes)
                #expect(answer.status == 200)
                #expect(answer.body.hasPrefix(": keep-alive\n\n: keep-alive\n\n: keep-alive\n\n"))
                #expect(text(answer.chunks) == demoTokenizer.decode([100]))
            }
        }
    }

    @Test("a stream that has begun has no comment before its first long silence", .timeLimit(.minutes(1)))
    func noEarlyComment() async throws {
        let generator = ScriptedGenerator { request, emit in
            _ = try await emit(.token(100, nil))
            try await Task.sleep(for: .milliseconds(1300))        // beyond the second after which a stream should begin
            return .stop
        }
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/chat/completions", "{\(chat)}")
            #expect(answer.status == 200 && !answer.body.contains("keep-alive"), "\(answer.body)")
        }
    }

    @Test("a refusal before the first byte is a status, after it the last event")
    func errors() async throws {
        let early = ScriptedGenerator { _, _ in
            throw GenerationError.overloaded("Too many requests wait.", retryAfter: .seconds(3))
        }
        try await withFront(early) { client in
            let answer = try await client.post("/v1/chat/completions", "{\(chat)}")
            #expect(answer.status == 429)
            #expect(answer.error["message"] == "Too many requests wait.")
        }
        let late = ScriptedGenerator { request, emit in
            _ = try await ScriptedGenerator.say(demoTokenizer.encode("Hello"), request, emit)
            throw GenerationError.lost("An expert host was lost.")
        }
        try await withFront(late) { client in
            let answer = try await client.post("/v1/chat/completions", "{\(chat)}")
            #expect(answer.status == 200)
            #expect(text(answer.chunks) == "Hello")
            #expect(answer.chunks.last?["error"]?["message"] == "An expert host was lost.")
            #expect(!answer.body.contains("[DONE]"))
        }
    }
}
