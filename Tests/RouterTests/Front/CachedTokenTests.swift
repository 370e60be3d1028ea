import JSON
import Testing

@testable import Router

@Suite("Reused tokens in usage") struct CachedTokenTests {
    /// Reuses all tokens of a prompt but its last, and one more for each choice after the first.
    private static func reusing(_ answer: [Int32] = [100, 101]) -> ScriptedGenerator {
        ScriptedGenerator { request, emit in
            let choice = request.id.split(separator: "-").last.flatMap { Int($0) } ?? 0
            guard try await emit(.begun(reused: max(0, request.prompt.count - 1 - choice))) else { return .stop }
            return try await ScriptedGenerator.say(answer, request, emit)
        }
    }

    private static func cached(_ usage: JSONValue?) -> Int? {
        usage?["prompt_tokens_details"]?["cached_tokens"]?.integer
    }

    @Test("a whole answer tells how much of its prompt was reused", arguments: ["chat/completions", "completions"])
    func whole(endpoint: String) async throws {
        let generator = Self.reusing()
        try await withFront(generator) { client in
            let prompt =
                endpoint == "completions" ? #""prompt":"a b c""# : #""messages":[{"role":"user","content":"a"}]"#
            let answer = try await client.post("/v1/\(endpoint)", "{\(prompt)}")
            #expect(answer.status == 200)
            #expect(Self.cached(answer.json["usage"]) == generator.requests[0].prompt.count - 1)
        }
    }

    @Test("of several choices of a prompt the first counts, and several prompts are added up")
    func several() async throws {
        try await withFront(Self.reusing()) { client in
            let choices = try await client.post("/v1/completions", #"{"prompt":[5,6,7,8],"n":3}"#)
            #expect(Self.cached(choices.json["usage"]) == 3)
            #expect(choices.json["usage"]?["prompt_tokens"] == 4)
            // Choice 0 is of the first prompt, choice 2 of the second.
            let prompts = try await client.post("/v1/completions", #"{"prompt":[[5,6,7,8],[5,6,7,8]],"n":2}"#)
            #expect(Self.cached(prompts.json["usage"]) == 3 + 1)
            #expect(prompts.json["usage"]?["prompt_tokens"] == 8)
        }
    }

    @Test(
        "a stream tells it in its last chunk, or in every chunk for the chunk's own prompt",
        arguments: ["chat/completions", "completions"])
    func stream(endpoint: String) async throws {
        try await withFront(Self.reusing()) { client in
            let prompt =
                endpoint == "completions" ? #""prompt":[5,6,7,8]"# : #""messages":[{"role":"user","content":"a"}]"#
            for isContinuous in [false, true] {
                let options = #""include_usage":true,"continuous_usage_stats":\#(isContinuous)"#
                let answer = try await client.post(
                    "/v1/\(endpoint)", #"{\#(prompt),"n":2,"stream":true,"stream_options":{\#(options)}}"#)
                let usages = answer.chunks.map { $0["usage"] }, last = try #require(usages.last)
                let expected = try #require(last?["prompt_tokens"]?.integer) - 1
                #expect(Self.cached(last) == expected)
                #expect(usages.count > 3)
                if isContinuous { #expect(usages.allSatisfy { Self.cached($0) == expected }) }
            }
        }
    }
}
