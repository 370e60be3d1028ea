import Chat
import Foundation
import JSON
import NIOCore
import Synchronization
import Testing
import Tokenizer

@testable import Router

@Suite("Anthropic's messages: streams") struct MessagesStreamTests {
    private static let question = "{\(MessagesAnswerTests.question),\(MessagesAnswerTests.tools)"
    private static let stream = #"\#(question),"stream":true}"#

    @Test("events come in Anthropic's order, each with its name, and blocks are counted")
    func order() async throws {
        let says = "Yes." + modelCall("now", #"{"a": 1}"#)
        try await withFront(ScriptedGenerator.saying(modelTokens(says))) { client in
            let answer = try await client.post("/v1/messages?beta=true", Self.stream)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(answer.headers["request-id"] != nil)
            let events = answer.events, message = JoinedMessage(events)
            #expect(message.problems.isEmpty)
            #expect(message.isOver)
            var names: [String] = []        // each once, where many follow each other
            for event in events where event.name != names.last { names.append(event.name) }
            #expect(
                names == [
                    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
                    "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
                ])
            let start = message.message
            #expect(start["content"] == [] && start["stop_reason"] == .null && start["type"] == "message")
            #expect(start["usage"]?["output_tokens"] == 0)
            #expect(message.blocks[1].start["input"] == [:])
            #expect(message.end["delta"] == ["stop_reason": "tool_use", "stop_sequence": .null])
        }
    }

    @Test(
        "the events joined are the whole answer, in its blocks, ends and usage",
        arguments: [
            "Hello", "", "Hi 😀 naïve été 漢字!", "one two three four", "a😀STOPb",
            "Before.\n" + modelCall("now", "{}"), modelCall("now", "") + "\nbehind it",
            modelCall("get_weather", #"{"city": "Zürich 😀", "n": [1.50, -2e3]}"#) + modelCall("now", "[1]"),
            modelCall("get_weather", "Rome") + " text " + modelCall("now", #"{"a": {"b": "\u00e9"}}"#),
            "<function_call>no call", "ends with <function_call>",
        ])
    func sameMessage(says: String) async throws {
        try await withFront(ScriptedGenerator.saying(modelTokens(says))) { client in
            for more in ["", #","stop_sequences":["STOP","two t"]"#, #","stop_sequences":["字","behind"]"#] {
                let whole = try await client.post("/v1/messages", "\(Self.question)\(more)}")
                let streamed = try await client.post("/v1/messages", #"\#(Self.question)\#(more),"stream":true}"#)
                let message = JoinedMessage(streamed.events)
                #expect(message.problems.isEmpty, "\(streamed.body)")
                #expect(message.isOver)
                #expect(message.whole == whole.json.withoutIDs, "\(streamed.body)")
            }
        }
    }

    @Test("a call that is cut off is streamed as far as it came")
    func cutOff() async throws {
        let says = modelCall("now", #"{"city": "Rome"}"#)
        let tokens = modelTokens(says)
        try await withFront(ScriptedGenerator.saying(tokens)) { client in
            let cut = Self.stream.replacingOccurrences(
                of: "\"max_tokens\":100", with: "\"max_tokens\":\(tokens.count - 4)")
            let message = JoinedMessage(try await client.post("/v1/messages", cut).events)
            #expect(message.problems.isEmpty && message.isOver)
            #expect(message.end["delta"]?["stop_reason"] == "max_tokens")
            #expect(message.blocks.count == 1)
            #expect(#"{"city": "Rome"}"#.hasPrefix(message.blocks[0].text) && message.blocks[0].text.count > 3)
        }
    }

    @Test("reasoning, text and calls are blocks of their own, and the joined stream is the whole message")
    func everyPiece() throws {
        let pieces: [[AnswerPiece]] = [
            [.reasoning("a"), .reasoning("b"), .text("c")], [.text("d")],
            [.callBegins(name: "f"), .callArguments("{"), .callArguments("}"), .callEnds, .text("e")],
            [.callBegins(name: "g"), .callArguments("x")], [.callBegins(name: "h")], [.reasoning("z")],
        ]
        let answer = try anyAnswer()
        var stream = MessagesFormat().stream(of: answer), choice = Answer.Choice(), text = ""
        for (index, pieces) in pieces.enumerated() {
            var delta = ChoiceDelta(index: 0, pieces: pieces)
            if index == 5 { delta.finish = .stop }
            choice.add(delta)
            text += stream.text(for: delta)
        }
        let usage = Usage(prompt: 3, completion: 12, reasoning: 3)
        text += stream.end(usage: usage)
        let joined = JoinedMessage(MessagesEvent.read(text))
        #expect(joined.problems.isEmpty && joined.isOver)
        #expect(
            joined.blocks.map { $0.start["type"] } == [
                "thinking", "text", "tool_use", "text", "tool_use", "tool_use", "thinking",
            ])
        #expect(joined.whole == MessagesFormat().whole([choice], of: answer, usage: usage).withoutIDs)
        #expect(
            Set(joined.blocks.compactMap { $0.start["id"]?.text() }).count == 3, "each call has an id of its own")
    }

    @Test("a long silence is filled with pings", .timeLimit(.minutes(1)))
    func keepAlive() async throws {
        let isReleased = Mutex(false)
        let generator = ScriptedGenerator { request, emit in
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            return try await ScriptedGenerator.say([100], request, emit)
        }
        try await withFront(generator, FrontConfig(keepAlive: .milliseconds(20))) { client in
            let body = Self.stream
            try await client.withConnection { connection in
                let head = FrontClient.head(
                    "POST", "/v1/messages", length: body.utf8.count, headers: ["Connection": "close"])
                try await connection.write(Array((head + "\r\n" + body).utf8))
                var bytes: [UInt8] = []
                for try await buffer in connection.inbound {
                    bytes += buffer.readableBytesView
                    if String(decoding: bytes, as: UTF8.self).components(separatedBy: "event: ping\n").count > 3 {
                        isReleased.withLock { $0 = true }
                    }
                }
                let events = FrontClient.parse(bytes).events, message = JoinedMessage(events)
                #expect(events.prefix(3).allSatisfy { $0 == MessagesEvent(name: "ping", data: ["type": "ping"]) })
                #expect(message.problems.isEmpty && message.isOver)
                #expect(message.blocks.map(\.text) == [demoTokenizer.decode([100])])
            }
        }
    }

    @Test("a refusal before the first byte is a status, after it an event of its own, the last one")
    func errors() async throws {
        let early = ScriptedGenerator { _, _ in
            throw GenerationError.overloaded("Too many requests wait.", retryAfter: .seconds(3))
        }
        try await withFront(early) { client in
            let answer = try await client.post("/v1/messages", Self.stream)
            #expect(answer.status == 429 && answer.headers["retry-after"] == "3")
            #expect(answer.error["type"] == "rate_limit_error")
        }
        let late = ScriptedGenerator { request, emit in
            _ = try await ScriptedGenerator.say(modelTokens("Hello"), request, emit)
            throw GenerationError.lost("An expert host was lost.")
        }
        try await withFront(late) { client in
            let events = try await client.post("/v1/messages", Self.stream).events
            #expect(events.first?.name == "message_start")
            #expect(
                events.last
                    == MessagesEvent(
                        name: "error",
                        data: [
                            "type": "error",
                            "error": ["type": "overloaded_error", "message": "An expert host was lost."],
                        ]))
            #expect(!events.contains { $0.name == "message_stop" || $0.name == "message_delta" })
        }
    }
}
