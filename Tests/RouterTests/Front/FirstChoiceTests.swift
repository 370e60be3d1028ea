import JSON
import Synchronization
import Testing
import Tokenizer

@testable import Router

/// Several choices of one prompt are to read it once: the first goes first, and tells the others of the prompt.
@Suite("The first choice of a prompt and the others") struct FirstChoiceTests {
    private static func index(_ request: GenerationRequest) -> Int {
        request.id.split(separator: "-").last.flatMap { Int($0) } ?? -1
    }

    private static func choices(_ answer: FrontClient.Answer) -> [JSONValue] {
        if case .array(let choices)? = answer.json["choices"] { choices } else { [] }
    }

    /// A generator that does not tell by itself that it has taken a request.
    private struct Slow: Generator {
        let base = ScriptedGenerator.saying([100])
        let taken: Taken
        var model: ServedModel { base.model }
        var readiness: GeneratorReadiness { .ready }

        final class Taken: Sendable {
            let arrivals = Mutex<[Int]>([])
        }

        func generate(_ request: GenerationRequest, emit: ScriptedGenerator.Emit) async throws -> FinishReason {
            // The others have every chance to overtake the first of their prompt.
            if index(request) % 3 == 0 { try await Task.sleep(for: .milliseconds(30)) }
            taken.arrivals.withLock { $0.append(index(request)) }
            _ = try await emit(.submitted)
            return try await ScriptedGenerator.say([100], request, emit)
        }
    }

    @Test("the engine has the first choice of a prompt before the others, and prompts do not wait for each other")
    func order() async throws {
        let taken = Slow.Taken()
        try await withFront(Slow(taken: taken)) { client in
            let answer = try await client.post("/v1/completions", #"{"prompt":[[5],[6]],"n":3}"#)
            #expect(Self.choices(answer).count == 6)
        }
        let arrivals = taken.arrivals.withLock { $0 }
        #expect(arrivals.sorted() == Array(0 ..< 6))
        for prompt in 0 ..< 2 {
            #expect(arrivals.first { $0 / 3 == prompt } == prompt * 3, "\(arrivals)")
        }
    }

    @Test(
        "only the first choice asks for the prompt's log-probabilities, and all of them echo those",
        arguments: [false, true])
    func echo(stream: Bool) async throws {
        let generator = ScriptedGenerator { request, emit in
            // The others' tokens come first, so their echo has to wait.
            if request.promptLogprobs != nil { try await Task.sleep(for: .milliseconds(20)) }
            return try await ScriptedGenerator.say([104, 105], request, emit)
        }
        try await withFront(generator) { client in
            let body = #"{"prompt":[[5,6,7],[8,9]],"n":3,"echo":true,"logprobs":1,"max_tokens":2,"stream":\#(stream)}"#
            let answer = try await client.post("/v1/completions", body)
            #expect(answer.status == 200, "\(answer.body)")
            let parts = (stream ? answer.chunks : [answer.json]).flatMap { part -> [JSONValue] in
                if case .array(let choices)? = part["choices"] { choices } else { [] }
            }
            func tokens(_ index: Int, _ name: String) -> [JSONValue] {
                parts.filter { $0["index"]?.integer == index }.flatMap { part -> [JSONValue] in
                    if case .array(let list)? = part["logprobs"]?[name] { list } else { [] }
                }
            }
            for (prompt, count) in [(0, 5), (1, 4)] {
                for choice in prompt * 3 ..< prompt * 3 + 3 {
                    #expect(tokens(choice, "tokens") == tokens(prompt * 3, "tokens"))
                    let logprobs = tokens(choice, "token_logprobs")
                    #expect(logprobs.count == count && logprobs.first == .null)
                    #expect(logprobs.dropFirst().allSatisfy { $0 == .number("-0.25") }, "\(logprobs)")
                }
            }
        }
        #expect(generator.requests.map(\.promptLogprobs) == [1, nil, nil, 1, nil, nil])
        #expect(generator.requests.allSatisfy { $0.topLogprobs == 1 })
    }

    @Test("an echo of the prompt alone comes for every choice")
    func echoAlone() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let answer = try await client.post(
                "/v1/completions", #"{"prompt":[104,105],"n":3,"echo":true,"logprobs":0,"max_tokens":0}"#)
            let texts = Self.choices(answer).map { $0["text"] }
            #expect(texts == [JSONValue?](repeating: .string(demoTokenizer.decode([104, 105])), count: 3))
        }
    }

    @Test("where the first choice fails, the request fails with its error, and the others are never asked for")
    func failure() async throws {
        let generator = ScriptedGenerator { _, _ in throw GenerationError.overloaded("full", retryAfter: .seconds(1)) }
        struct Refusing: Generator {
            let base: ScriptedGenerator
            var model: ServedModel { base.model }
            var readiness: GeneratorReadiness { .ready }
            func generate(_ request: GenerationRequest, emit: ScriptedGenerator.Emit) async throws -> FinishReason {
                // Refused at once, before it was taken.
                try await base.generate(request) { _ in true }
            }
        }
        try await withFront(Refusing(base: generator)) { client in
            for _ in 0 ..< 20 {
                let answer = try await client.post("/v1/completions", #"{"prompt":[5],"n":4}"#)
                #expect(answer.status == 429, "\(answer.body)")
            }
        }
        #expect(generator.requests.count == 20)
    }

    @Test("whoever waits for a value gets it, before and after it is known; the first one stays")
    func awaited() async throws {
        let later = Awaited<Int>()
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0 ..< 10 { tasks.addTask { try await later.value } }
            later.become(.success(7))
            later.become(.failure(CancellationError()))
            for try await value in tasks { #expect(value == 7) }
        }
        #expect(try await later.value == 7)
    }
}
