import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("best_of") struct BestOfTests {
    private static let path = "/v1/completions"

    /// Choice i says i + 1 tokens with the log-probability that stands for it.
    private static func saying(_ logprobs: [Float]) -> ScriptedGenerator {
        ScriptedGenerator { request, emit in
            let choice = request.id.split(separator: "-").last.flatMap { Int($0) } ?? 0
            for _ in 0 ... choice {
                let report = request.topLogprobs.map { _ in
                    TokenLogprobs(logprob: logprobs[choice % logprobs.count], top: [])
                }
                guard try await emit(.token(Self.token(choice), report)) else { return .stop }
            }
            return .stop
        }
    }

    private static func token(_ choice: Int) -> Int32 { Int32(104 + choice) }

    private static func text(_ choice: Int) -> JSONValue {
        .string(demoTokenizer.decode([Int32](repeating: token(choice), count: choice + 1)))
    }

    private static func choices(_ answer: FrontClient.Answer) -> [JSONValue] {
        guard answer.status == 200, case .array(let choices)? = answer.json["choices"] else {
            Issue.record("\(answer.status) \(answer.body)")
            return []
        }
        return choices
    }

    @Test("the answers whose tokens are the likeliest on average come, the best first, and usage counts all")
    func best() async throws {
        let generator = Self.saying([-3, -1, -2, -1])
        try await withFront(generator) { client in
            let one = try await client.post(Self.path, #"{"prompt":[5],"best_of":4}"#)
            #expect(Self.choices(one).map { $0["text"] } == [Self.text(1)])
            #expect(Self.choices(one)[0]["index"] == 0)
            #expect(Self.choices(one)[0]["logprobs"] == .null, "the client asked for none")
            #expect(one.json["usage"]?["completion_tokens"] == 10)
            #expect(one.json["usage"]?["prompt_tokens"] == 1)

            let three = try await client.post(Self.path, #"{"prompt":[5],"best_of":4,"n":3,"logprobs":0}"#)
            #expect(Self.choices(three).map { $0["text"] } == [1, 3, 2].map(Self.text))
            #expect(Self.choices(three).map { $0["index"] } == [0, 1, 2])
            #expect(Self.choices(three)[0]["logprobs"]?["token_logprobs"] == [.number("-1.0"), .number("-1.0")])
        }
        #expect(generator.requests.allSatisfy { $0.topLogprobs == 0 })
        #expect(Set(generator.requests.map(\.sampling.seed)).count == 8, "each is another answer")
    }

    @Test("each prompt has its own best answers")
    func prompts() async throws {
        try await withFront(Self.saying([-2, -1, -3])) { client in
            let answer = try await client.post(
                Self.path, #"{"prompt":[[5],[6,7]],"best_of":3,"n":2,"return_token_ids":true}"#)
            #expect(Self.choices(answer).map { $0["text"] } == [1, 0, 4, 3].map(Self.text))
            #expect(Self.choices(answer).map { $0["index"] } == [0, 1, 2, 3])
            #expect(Self.choices(answer).map { $0["prompt_token_ids"] } == [[5], [5], [6, 7], [6, 7]])
            #expect(answer.json["usage"]?["prompt_tokens"] == 3)
        }
    }

    @Test("an answer without tokens is the least likely")
    func empty() async throws {
        let generator = ScriptedGenerator { request, emit in
            if request.id.hasSuffix("-0") { return .stop }
            _ = try await emit(.token(104, TokenLogprobs(logprob: -50, top: [])))
            return .stop
        }
        try await withFront(generator) { client in
            let answer = try await client.post(Self.path, #"{"prompt":[5],"best_of":2}"#)
            #expect(Self.choices(answer)[0]["text"] == .string(demoTokenizer.decode([104])))
        }
    }

    @Test("as many as n are all of them, in a stream and without log-probabilities too")
    func equal() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let answer = try await client.post(Self.path, #"{"prompt":[5],"n":2,"best_of":2,"stream":true}"#)
            #expect(answer.status == 200)
        }
        #expect(generator.requests.map(\.topLogprobs) == [nil, nil])
    }

    @Test(
        "what cannot be done is refused by name",
        arguments: [
            (#""best_of":2,"stream":true"#, "best_of", "streamed"), (#""best_of":129"#, "best_of", "128"),
            (#""n":3,"best_of":2"#, "best_of", "more choices than it will generate"),
            (#""prompt":[[1],[2],[3],[4],[5],[6],[7],[8],[9]],"best_of":128"#, "best_of", "1152 choices"),
        ])
    func refused(fields: String, parameter: String, words: String) async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let answer = try await client.post(Self.path, #"{"prompt":[5],\#(fields)}"#)
            #expect(answer.status == 400)
            #expect(answer.error["param"] == .string(parameter))
            guard case .string(let message)? = answer.error["message"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(message.contains(words), "\(message)")
        }
        #expect(generator.requests.isEmpty)
    }
}
