import Chat
import JSON
import Testing
import Tokenizer

@testable import Router

/// What requests tell the engine of prefixes that they have in common with others.
@Suite("Prefixes of requests") struct PrefixRequestTests {
    private static let chat = "/v1/chat/completions", completions = "/v1/completions"
    private static let tools =
        #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#

    private static func body(_ messages: [(role: String, content: String)], _ more: String = "") -> String {
        let list = messages.map {
            JSONValue.object([
                .init(name: "role", value: .string($0.role)), .init(name: "content", value: .string($0.content)),
            ])
        }
        return #"{"messages":\#(JSONValue.array(list).text())\#(more)}"#
    }

    /// The requests that the engine gets, in the order of the bodies.
    private func requests(
        _ path: String, _ bodies: [String], _ config: FrontConfig = FrontConfig(), headers: [[String: String]] = []
    ) async throws -> [GenerationRequest] {
        var requests: [GenerationRequest] = []
        for (index, body) in bodies.enumerated() {
            let generator = ScriptedGenerator.saying([100])
            try await withFront(generator, config) { client in
                let answer = try await client.post(
                    path, body, headers: headers.indices.contains(index) ? headers[index] : [:])
                #expect(answer.status == 200, "\(answer.body)")
            }
            requests += generator.requests
        }
        return requests
    }

    @Test("a state is worth keeping where the messages end: up to there the next turn's prompt is the same")
    func messagesEnd() async throws {
        let first = [("system", "Be brief."), ("user", "Hello!")]
        let second = first + [("assistant", "Hi!"), ("user", "And now?")]
        let asked = try await requests(Self.chat, [first, second].map { Self.body($0, "," + Self.tools) })
        let point = try #require(asked[0].keepAt.first)
        #expect(asked[0].keepAt == [point])
        #expect(asked[1].prompt.prefix(point) == asked[0].prompt.prefix(point))
        // What follows there is the first tool in one, and the answer in the other.
        #expect(demoTokenizer.decode(asked[0].prompt.prefix(point)).hasSuffix("Hello!\n"))
        #expect(asked[0].prompt[point] == demoTokenizer.id(of: ChatTemplate.begin))
        #expect(asked[1].prompt[point + 1] != asked[0].prompt[point + 1])
    }

    @Test("a long system message is worth keeping by itself, a short one is not")
    func systemEnd() async throws {
        let long = String(repeating: "one two three ", count: 200)
        let asked = try await requests(
            Self.chat,
            [
                Self.body([("system", long), ("user", "a")]), Self.body([("system", long), ("user", "b c")]),
                Self.body([("system", "short"), ("user", "a")]), Self.body([("system", long)]),
            ])
        let point = try #require(asked[0].keepAt.first)
        #expect(point >= KeepPolicy.commonLengthMin)
        #expect(asked.map(\.keepAt.count) == [2, 2, 1, 1])
        #expect(asked[1].keepAt.first == point)
        #expect(asked[1].prompt.prefix(point) == asked[0].prompt.prefix(point))
        #expect(asked[3].keepAt == [point])
    }

    @Test("with tools first, they are among what is worth keeping with the system message")
    func toolsFirst() async throws {
        var config = FrontConfig()
        config.template = ChatTemplate(toolPlace: .behindSystem)
        let long = String(repeating: "one two three ", count: 200)
        let turns = [[("system", long), ("user", "a")], [("system", long), ("user", "b")]]
        let asked = try await requests(Self.chat, turns.map { Self.body($0, "," + Self.tools) }, config)
        let point = asked[0].keepAt[0]
        #expect(asked[1].keepAt[0] == point)
        #expect(asked[1].prompt.prefix(point) == asked[0].prompt.prefix(point))
        #expect(demoTokenizer.decode(asked[0].prompt.prefix(point)).contains(#"{"name": "g"}"#))
        #expect(demoTokenizer.decode(asked[0].prompt.dropFirst(point)).hasPrefix("user name=user"))
    }

    @Test("what is cut off a prompt moves the places where it is kept")
    func truncated() async throws {
        let messages = [("user", "one two three four five")]
        let whole = try await requests(Self.chat, [Self.body(messages)])[0]
        let point = whole.keepAt[0], count = whole.prompt.count
        let asked = try await requests(
            Self.chat,
            [
                (count - 2, "left"), (count - 2, "right"), (count - point - 1, "left"), (point - 1, "right"),
            ].map { tokens, side in
                Self.body(messages, #","truncate_prompt_tokens":\#(tokens),"truncation_side":"\#(side)""#)
            })
        #expect(asked.map(\.keepAt) == [[point - 2], [point], [], []])
    }

    @Test("keys share no prefixes unless that is allowed; salts always keep requests apart")
    func scopes() async throws {
        var config = FrontConfig(apiKeys: ["first-secret", "second-secret"])
        let keys = config.apiKeys.map { ["Authorization": "Bearer \($0)"] }
        let salted = #"{"prompt":"a","cache_salt":"s"}"#, plain = #"{"prompt":"a","prompt_cache_key":"k"}"#
        let bodies = [plain, plain, plain, salted, salted], headers = [keys[0], keys[0], keys[1], keys[0], keys[1]]
        let apart = try await requests(Self.completions, bodies, config, headers: headers).map(\.scope)
        #expect(apart[0] == apart[1])
        #expect(Set(apart).count == 4)
        config.sharesPrefixes = true
        let shared = try await requests(Self.completions, bodies, config, headers: headers).map(\.scope)
        #expect(shared[0] == .everyone && shared[2] == .everyone)
        #expect(shared[3] == shared[4] && shared[3] != .everyone)
    }

    @Test("a client can ask not to go on from a kept state; several choices still read the prompt once")
    func cachePrompt() async throws {
        let several = #"{"prompt":["a","b"],"n":2,"cache_prompt":false}"#
        #expect(try await requests(Self.completions, [several]).map(\.reusesPrefix) == [false, true, false, true])
        let bodies = ["", #","cache_prompt":true"#, #","cache_prompt":false"#].map { #"{"prompt":"a"\#($0)}"# }
        #expect(try await requests(Self.completions, bodies).map(\.reusesPrefix) == [true, true, false])
    }

    @Test("a salt that is no text is refused in vLLM's words")
    func wrongSalt() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for salt in [#""""#, "7", "[]"] {
                let answer = try await client.post(Self.completions, #"{"prompt":"a","cache_salt":\#(salt)}"#)
                #expect(answer.status == 400)
                #expect(
                    answer.error["message"] == "Parameter 'cache_salt' must be a non-empty string if provided.")
            }
        }
    }
}
