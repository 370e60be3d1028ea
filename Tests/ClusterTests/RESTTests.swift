import Foundation
import JSON
import Testing

@testable import Router

/// What clients of a whole running cluster get, against the golden values of an independent implementation where there
/// are any.
@Suite("REST over a real cluster", .serialized, .inTurn, .cluster(router: ["--keep-alive-seconds", "1"]))
struct RESTTests {
    /// A prompt of `Tests/Fixtures/golden` with its greedy continuation.
    struct Golden: Decodable {
        let name: String, prompt: String, input_ids: [Int], greedy_64_ids: [Int], greedy_text_all_64: String

        static func named(_ name: String) throws -> Golden {
            struct File: Decodable { let prompts: [Golden] }
            let file = try JSONDecoder().decode(
                File.self, from: Data(contentsOf: Paths.golden.appending(path: "golden.json")))
            return try #require(file.prompts.first { $0.name == name })
        }
    }
    static let question = "Who are you?"

    @Test("the model is listed and can be retrieved by name")
    func models() async throws {
        let cluster = try suiteCluster()
        let list = try await cluster.get("/v1/models").json
        #expect(list["object"] == "list")
        #expect(list["data"]?.elements?.map { $0["id"] } == ["demo"])
        let card = try await cluster.get("/v1/models/demo").json
        #expect(card == list["data"]?[0])
        #expect(card["object"] == "model")
    }

    @Test("the router and the command tell the same version")
    func version() async throws {
        let told = try await suiteCluster().get("/version").json["version"]?.text
        let result = try await Tool.run(Paths.program("minimax").path, ["--version"])
        #expect(result.status == 0 && result.output == "\(told ?? "none")\n", "\(result.output)")
    }

    @Test("every metric of every process says what it is", arguments: ["router", "attention", "expert-1"])
    func metricTexts(process: String) async throws {
        let cluster = try suiteCluster()
        _ = try await cluster.complete(.string(Self.question), maxTokens: 2)
        let lines = try await cluster.metrics(of: process).split(separator: "\n").filter {
            $0.hasPrefix("# HELP minimax")
        }
        #expect(lines.count >= 5)
        #expect(lines.filter { $0.contains("as seen by this process") } == [])
    }

    @Test("a completion is the reference's greedy text, from text and from token ids, at once and streamed")
    func completion() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let fromIDs = try await cluster.complete(.ids(golden.input_ids), maxTokens: 64)
        #expect(fromIDs.text == golden.greedy_text_all_64)
        #expect(fromIDs.finish == "length")
        #expect(fromIDs.json["usage"] == Answer.json(Usage(prompt: golden.input_ids.count, completion: 64)))
        #expect(
            try await cluster.complete(.string(golden.prompt), maxTokens: 64).json.withoutIdentity
                == fromIDs.json.withoutIdentity)
        for prompt in [JSONValue.ids(golden.input_ids), .string(golden.prompt)] {
            let stream = try await cluster.stream(
                RESTCluster.completionsPath, RESTCluster.completionBody(prompt, maxTokens: 64))
            #expect(stream.text() == fromIDs.text)
            #expect(stream.finish == "length")
            #expect(stream.isDone)
        }
    }

    @Test("a chat streams the text it gives at once, with one id, and the usage on request")
    func chat() async throws {
        let cluster = try suiteCluster()
        let whole = try await cluster.chat(Self.question, maxTokens: 24)
        #expect(!whole.text.isEmpty)
        let body = RESTCluster.chatBody(Self.question, maxTokens: 24)
        let plain = try await cluster.stream(RESTCluster.chatPath, body)
        #expect(plain.text() == whole.text)
        #expect(plain.finish == whole.finish)
        #expect(Set(plain.events.map { $0["id"]?.text }).count == 1)
        #expect(plain.events.first?["choices"]?[0]?["delta"]?["role"] == "assistant")
        #expect(plain.events.allSatisfy { $0["usage"] == nil })
        #expect(plain.isDone)

        let counted = try await cluster.stream(
            RESTCluster.chatPath,
            RESTCluster.chatBody(Self.question, maxTokens: 24, [.init("stream_options", ["include_usage": true])]))
        #expect(counted.text() == whole.text)
        #expect(counted.events.last?["choices"] == [])
        #expect(counted.events.last?["usage"] == whole.json["usage"])
        #expect(counted.events.dropLast().allSatisfy { $0["usage"] == .null })
    }

    @Test("echo repeats the prompt; the log-probabilities of an echoed text are those it had when it was generated")
    func echo() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let plain = try await cluster.complete(.string(golden.prompt), maxTokens: 8, [.init("logprobs", 0)])
        #expect(
            try await cluster.complete(.string(golden.prompt), maxTokens: 8, [.init("echo", true)]).text == golden
                .prompt + plain.text)

        let ids = golden.input_ids + golden.greedy_64_ids.prefix(8)
        let echoed = try await cluster.complete(.ids(ids), maxTokens: 0, [.init("echo", true), .init("logprobs", 0)])
        #expect(echoed.text == golden.prompt + plain.text)
        let scores = try #require(echoed.json["choices"]?[0]?["logprobs"]?["token_logprobs"]?.elements)
        #expect(scores.count == ids.count)
        #expect(scores[0] == .null)
        #expect(scores.dropFirst().allSatisfy { ($0.double ?? 1) <= 0 })
        // Digit for digit: prefill and decode are the same arithmetic.
        let generated = try #require(plain.json["choices"]?[0]?["logprobs"]?["token_logprobs"]?.elements)
        #expect(Array(scores.suffix(8)) == generated)
    }

    @Test("a stop string that begins in one token and ends in the next ends the answer before it")
    func stop() async throws {
        let cluster = try suiteCluster()
        let whole = try await cluster.chat(Self.question, maxTokens: 24, [.init("logprobs", true)])
        let tokens = try #require(whole.json["choices"]?[0]?["logprobs"]?["content"]?.elements).map {
            $0["token"]?.text ?? ""
        }
        let border = try #require(
            tokens.indices.dropFirst(2).first {
                tokens[$0 - 1].count >= 2 && tokens[$0].count >= 2 && !tokens[$0].hasPrefix(" ")
            })
        // The second half of one token and the first letter of the next: the middle of a word.
        let stop = String(tokens[border - 1].suffix(1) + tokens[border].prefix(1))
        let end = try #require(whole.text.range(of: stop)?.lowerBound)
        let expected = String(whole.text[..<end])
        for stops in [JSONValue.string(stop), .array([.string("\u{1}never"), .string(stop)])] {
            let more: [JSONValue.Member] = [.init("stop", stops)]
            let reply = try await cluster.chat(Self.question, maxTokens: 24, more)
            #expect(reply.text == expected, "stop \(stop)")
            #expect(reply.finish == "stop")
            let stream = try await cluster.stream(
                RESTCluster.chatPath, RESTCluster.chatBody(Self.question, maxTokens: 24, more))
            #expect(stream.text() == expected, "streamed, stop \(stop)")
            #expect(stream.finish == "stop")
        }
    }

    @Test("the same seed gives the same bytes, another seed others; the first of n = 2 is what n = 1 gives")
    func seeds() async throws {
        let cluster = try suiteCluster()
        func sample(_ seed: Int, n: Int = 1) async throws -> RESTCluster.Reply {
            try await cluster.complete(
                "Once upon a time", maxTokens: 24,
                [
                    .init("temperature", .number("1.2")), .init("seed", .int(seed)), .init("n", .int(n)),
                    .init("logprobs", 2),
                ])
        }
        let one = try await sample(7)
        #expect(try await sample(7).json.withoutIdentity == one.json.withoutIdentity)
        #expect(try await sample(8).text != one.text)
        let two = try await sample(7, n: 2)
        #expect(two.json["choices"]?.elements?.map { $0["index"]?.int } == [0, 1])
        #expect(two.texts[0] == one.text)
        #expect(two.texts[1] != one.text)
        #expect(two.json["usage"]?["completion_tokens"]?.int == 48)
    }

    @Test("logit_bias forces a token and forbids one")
    func bias() async throws {
        let cluster = try suiteCluster(), golden = try Golden.named("story-start")
        let forced = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 3, [.init("logit_bias", ["46": 100])])
        #expect(forced.text == "OOO")
        let first = try await cluster.complete(.ids(golden.input_ids), maxTokens: 1)
        let other = try await cluster.complete(
            .ids(golden.input_ids), maxTokens: 1,
            [
                .init("logit_bias", .object([.init("\(golden.greedy_64_ids[0])", .int(-100))]))
            ])
        #expect(other.text != first.text)
    }

    @Test("a stream shows signs of life during a long prefill")
    func keepAlive() async throws {
        let cluster = try suiteCluster()
        // Far more than is computed in a second; the client hangs up at the first sign, so the rest is never computed.
        let body = RESTCluster.completionBody(.ids((0 ..< 200_000).map { 300 + $0 % 1000 }), maxTokens: 1)
        let stream = try await cluster.stream(RESTCluster.completionsPath, body) {
            $0.raw.contains(": keep-alive\n\n: keep-alive\n\n") || !$0.events.isEmpty
        }
        #expect(stream.events.isEmpty)
        #expect(stream.raw.replacingOccurrences(of: ": keep-alive\n\n", with: "") == "")
        try await eventually("the abandoned sequence is closed") {
            try await cluster.metric("minimax_attention_sequences", of: "attention") == 0
        }
    }

    @Test("four requests at once get what each gets alone")
    func together() async throws {
        let cluster = try suiteCluster()
        let bodies = ["Who are you?", "Tell me a story.", "What is the sea?", "Once upon a time there was"].enumerated()
            .map { index, question in
                RESTCluster.chatBody(
                    question, maxTokens: 20 + index,
                    [.init("temperature", .number(index < 2 ? "0" : "1")), .init("seed", .int(index))])
            }
        var alone: [JSONValue] = []
        for body in bodies { alone.append(try await cluster.post(RESTCluster.chatPath, body).json.withoutIdentity) }
        let together = try await withThrowingTaskGroup(of: (Int, JSONValue).self) { tasks in
            for (index, body) in bodies.enumerated() {
                tasks.addTask { (index, try await cluster.post(RESTCluster.chatPath, body).json.withoutIdentity) }
            }
            return try await tasks.reduce(into: [JSONValue](repeating: .null, count: bodies.count)) { $0[$1.0] = $1.1 }
        }
        #expect(together == alone)
    }

    @Test("questions about a document are answered right, one for each retrieval task of the evaluation")
    func documents() async throws {
        struct Question: Decodable {
            struct Message: Decodable { let role: String, content: String }
            let id: String, task: String, length: Int, messages: [Message], answers: [String]
        }
        let cluster = try suiteCluster()
        let file = try String(contentsOf: Paths.fixture("eval/ruler-demo.jsonl"), encoding: .utf8)
        let all = try file.split(separator: "\n").map { try JSONDecoder().decode(Question.self, from: Data($0.utf8)) }
        // The tasks that the demo model always solves at this length (Tests/Fixtures/eval/results.json).
        let tasks = [
            "niah_single_noise", "niah_single_book", "niah_single_words", "niah_multikey_4", "niah_multikey_all",
            "question_in_book",
        ]
        for task in tasks {
            let question = try #require(all.first { $0.task == task && $0.length == 1024 })
            #expect(question.messages.count == 1)
            let reply = try await cluster.chat(question.messages[0].content, maxTokens: 40)
            #expect(
                question.answers.allSatisfy { reply.text.contains($0) },
                "\(question.id): \(reply.text), expected \(question.answers)")
        }
    }

    @Test(
        "OpenAI's and Anthropic's own Python clients find everything where they expect it",
        arguments: [("openai", "/v1"), ("anthropic", "")])
    func pythonClient(package: String, path: String) async throws {
        try await PythonClient(package).check("\(package)_client", "http://127.0.0.1:\(suiteCluster().port)\(path)")
    }
}
