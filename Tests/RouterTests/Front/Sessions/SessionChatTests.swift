import Foundation
import JSON
import Records
import Testing
import Tokenizer

@testable import Router

@Suite("Chats that continue a session") struct SessionChatTests {
    private func body(_ id: String, _ text: String, _ more: String = "") -> String {
        #"{"session_id":"\#(id)","messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#
    }

    @Test(
        "the next turn's prompt is what all messages at once would be, and the answer tells the session",
        arguments: [false, true])
    func turns(_ streams: Bool) async throws {
        let generator = ScriptedGenerator.saying(demoTokenizer.encode("Fine."))
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession(#"{"messages":[{"role":"system","content":"Be kind."}]}"#)
            for text in ["How are you?", "And now?"] {
                let answer = try await client.ask(
                    "POST", "/v1/chat/completions", body(id, text, streams ? #","stream":true"# : ""))
                #expect(answer.status == 200, "\(answer.body)")
                let parts = streams ? answer.chunks : [answer.json]
                #expect(!parts.isEmpty && parts.allSatisfy { $0["session_id"] == .string(id) })
            }
            let first = [("system", "Be kind."), ("user", "How are you?")]
            let second = first + [("assistant", "Fine."), ("user", "And now?")]
            // The first request read the session's beginning when it was made.
            #expect(generator.requests.count == 3)
            let prompts = generator.requests.map(\.prompt)
            #expect(prompts.contains(chatIDs([first[0]], asks: false)))
            #expect(prompts.contains(chatIDs(first, asks: true)))
            #expect(prompts.contains(chatIDs(second, asks: true)))
            let shown = try await client.shown(id)
            #expect(shown.tokenIDs == chatIDs(second + [("assistant", "Fine.")], asks: false))
            #expect(shown.roles == ["system", "user", "assistant", "user", "assistant"])
            #expect(shown.positions.last == shown.tokenIDs.count)
        }
    }

    @Test("the session keeps the model's own tokens, whatever their text would be encoded as")
    func ownTokens() async throws {
        let odd = "Hello".utf8.flatMap { demoTokenizer.encode(String(decoding: [$0], as: UTF8.self)) }
        try await withFront(ScriptedGenerator.saying(odd), twoKeys) { client in
            let id = try await client.newSession()
            _ = try await client.ask("POST", "/v1/chat/completions", body(id, "x"))
            let end = demoTokenizer.encode("<end_of_sentence>\n")
            #expect(try await client.shown(id).tokenIDs == chatIDs([("user", "x")], asks: true) + odd + end)
        }
    }

    @Test("a stop string is in the session as little as in the answer")
    func stopString() async throws {
        let generator = ScriptedGenerator.saying(demoTokenizer.encode("One two three"))
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession()
            let answer = try await client.ask("POST", "/v1/chat/completions", body(id, "x", #","stop":"wo th""#))
            #expect(answer.body.contains("One t\""), "\(answer.body)")
            let expected = chatIDs([("user", "x")], asks: true)
            let tokens = try await client.shown(id).tokenIDs
            #expect(tokens.starts(with: expected))
            #expect(demoTokenizer.decode(tokens.dropFirst(expected.count)) == "One t\n")
        }
    }

    @Test("tools stand behind all messages in the prompt, and are not stored")
    func tools() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession(#"{"messages":[{"role":"user","content":"a"}]}"#)
            let tools = #","tools":[{"type":"function","function":{"name":"f"}}]"#
            _ = try await client.ask("POST", "/v1/chat/completions", body(id, "b", tools))
            let all = chatIDs([("user", "a"), ("user", "b")], tools: [#"{"name": "f"}"#], asks: true)
            #expect(generator.requests.contains { $0.prompt == all })
            let stored = chatIDs([("user", "a"), ("user", "b")], asks: true)
            #expect(
                try await client.shown(id).tokenIDs == stored + [100] + demoTokenizer.encode("<end_of_sentence>\n"))
        }
    }

    @Test("a completion goes on with the session's text, and may add none")
    func completions() async throws {
        let generator = ScriptedGenerator.saying([100, 101])
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession(#"{"prompt":[5,6,7]}"#)
            let first = try await client.ask("POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":[8]}"#)
            #expect(first.status == 200 && first.json["session_id"] == .string(id), "\(first.body)")
            let second = try await client.ask("POST", "/v1/completions", #"{"session_id":"\#(id)"}"#)
            #expect(second.status == 200, "\(second.body)")
            let shown = try await client.shown(id)
            #expect(shown.tokenIDs == [5, 6, 7, 8, 100, 101, 100, 101])
            #expect(shown.roles == ["prompt", "prompt", "completion", "completion"])
            #expect(generator.requests.map(\.prompt.count).sorted() == [3, 4, 6])
        }
    }

    @Test("of two requests at once the second is told that the session is busy, and changes nothing")
    func busy() async throws {
        let (gate, opening) = AsyncStream<Void>.makeStream(), (begun, beginning) = AsyncStream<Void>.makeStream()
        let generator = ScriptedGenerator { request, emit in
            beginning.yield()
            for await _ in gate.prefix(1) {}
            return try await ScriptedGenerator.say([100], request, emit)
        }
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession()
            async let first = client.ask("POST", "/v1/chat/completions", body(id, "first"))
            for await _ in begun.prefix(1) {}
            let refusals = [
                try await client.ask("POST", "/v1/chat/completions", body(id, "second")),
                try await client.ask("POST", "/v1/sessions/\(id)/rewind", #"{"tokens":0}"#),
                try await client.ask("DELETE", "/v1/sessions/\(id)", nil),
            ]
            #expect(refusals.map(\.status) == [409, 409, 409])
            #expect(refusals.allSatisfy { $0.error["code"] == "session_busy" })
            #expect(try await client.ask("POST", "/v1/sessions/\(id)/fork", "").status == 200)
            opening.finish()
            #expect(try await first.status == 200)
            #expect(try await client.shown(id).roles == ["user", "assistant"])
            #expect(try await client.ask("DELETE", "/v1/sessions/\(id)", nil).status == 200)
        }
    }

    @Test("a request that fails changes nothing, and the next one finds the session free", arguments: [false, true])
    func failure(_ streams: Bool) async throws {
        let generator = ScriptedGenerator { request, emit in
            if request.tokensMax == 1 { throw GenerationError.lost("The model went away.") }
            _ = try await emit(.token(100, nil))
            if request.tokensMax == 2 { throw GenerationError.lost("The model went away.") }
            return .stop
        }
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession()
            for tokens in [1, 2] {
                let answer = try await client.ask(
                    "POST", "/v1/chat/completions", body(id, "x", #","max_tokens":\#(tokens),"stream":\#(streams)"#))
                #expect(answer.body.contains("The model went away."))
                #expect(try await client.shown(id).roles.isEmpty)
            }
            #expect(try await client.ask("POST", "/v1/chat/completions", body(id, "x")).status == 200)
            #expect(try await client.shown(id).roles == ["user", "assistant"])
        }
    }

    @Test("a client that hangs up in the middle of a stream leaves what was generated until then")
    func hangUp() async throws {
        let generator = ScriptedGenerator { request, emit in
            for token in [Int32](repeating: 100, count: 3) { _ = try await emit(.token(token, nil)) }
            try await Task.sleep(for: .seconds(600))
            return .stop
        }
        try await withFront(generator, twoKeys) { client in
            let id = try await client.newSession()
            let request = Array(body(id, "x", #","stream":true"#).utf8)
            _ = try await client.withConnection { connection in
                let head = FrontClient.head(
                    "POST", "/v1/chat/completions", length: request.count, headers: ["Authorization": "Bearer mine"])
                try await connection.write(Array((head + "\r\n").utf8) + request)
                // One in the opening, and three with tokens.
                return try await connection.read(until: #""content":"#, count: 4)
            }
            var roles: [String] = []
            while roles.isEmpty {
                roles = try await client.shown(id).roles
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(roles == ["user", "assistant"])
            let end = [100, 100, 100] + demoTokenizer.encode("<end_of_sentence>\n")
            #expect(try await client.shown(id).tokenIDs == chatIDs([("user", "x")], asks: true) + end)
        }
    }

    @Test("what does not go together with a session is refused by name")
    func refusals() async throws {
        try await withFront(ScriptedGenerator.saying([100]), twoKeys) { client in
            let id = try await client.newSession()
            for (more, param) in [
                (#","n":2"#, "n"), (#","truncate_prompt_tokens":5"#, "truncate_prompt_tokens"),
            ] {
                let answer = try await client.ask("POST", "/v1/chat/completions", body(id, "x", more))
                #expect(answer.status == 400 && answer.error["param"] == .string(param), "\(answer.body)")
            }
            let number = try await client.ask("POST", "/v1/completions", #"{"session_id":7,"prompt":"x"}"#)
            #expect(number.status == 400 && number.error["code"] == "invalid_type")
            let two = try await client.ask(
                "POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":["x","y"]}"#)
            #expect(two.status == 400 && two.error["param"] == "prompt")
            let nothing = try await client.ask("POST", "/v1/completions", #"{"session_id":"\#(id)"}"#)
            #expect(nothing.status == 400 && nothing.error["param"] == "prompt", "\(nothing.body)")
            #expect(try await client.shown(id).roles.isEmpty)
        }
    }

    @Test("session and new messages have to fit the context together")
    func context() async throws {
        try await withFront(ScriptedGenerator.saying([100]), twoKeys) { client in
            let ids = [Int32](repeating: 9, count: 1990)
            let id = try await client.newSession(#"{"prompt":\#(ids)}"#)
            let answer = try await client.ask(
                "POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":[1,2,3],"max_tokens":8}"#)
            #expect(answer.status == 400 && answer.error["code"] == "context_length_exceeded", "\(answer.body)")
            let fits = try await client.ask(
                "POST", "/v1/completions", #"{"session_id":"\#(id)","prompt":[1,2,3],"max_tokens":7}"#)
            #expect(fits.status == 200, "\(fits.body)")
        }
    }
}
