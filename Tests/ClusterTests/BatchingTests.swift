import TestSupport
import Testing

@testable import Checkpoint
@testable import Router

/// Many requests at once through one engine, over real attention and expert hosts.
@Suite("Batching", .inTurn) struct BatchingTests {
    /// What a client would see of one request: its tokens, and their log-probabilities to the last bit.
    private struct Answer: Equatable, CustomStringConvertible {
        var tokens: [Int32] = []
        var logprobs: [TokenLogprobs] = []
        var prompt: [TokenLogprobs?] = []
        var reason: FinishReason?

        var description: String { "\(tokens) \(reason.map { "\($0)" } ?? "cut off")" }

        /// What was sent before a client hung up.
        func isBeginning(of other: Answer) -> Bool {
            other.tokens.starts(with: tokens) && other.logprobs.starts(with: logprobs)
        }
    }

    private struct Client {
        var request: GenerationRequest
        /// Comes after so many tokens were generated in all.
        var arrival: Int
        /// Hangs up after so many tokens.
        var patience = Int.max
    }

    @Test(
        "32 requests that come, go, wait and make room for each other get the bytes each gets alone",
        arguments: [OverlapMode.off, .on])
    func equality(overlap: OverlapMode) async throws {
        try await ModelCluster.with(Paths.demo) { cluster in
            // Too little memory for all, few places, small pieces: everything that can happen to a sequence happens.
            let bytes = cluster.config.stateBytes(tokensMax: 256)
            try await cluster.withEngine {
                $0.schedule.limits = Scheduler.Limits(
                    placesMax: 6, waitingMax: 64, replicas: [.first: ReplicaMemory(bytes: bytes * 5)], weights: [1, 2],
                    ageing: .milliseconds(200))
                $0.schedule.promptRowsMax = 24
                $0.schedule.overlap = overlap
                // Random prompts hardly ever lead to the real ones.
                $0.endTokens = Set(stride(from: 0, to: 4096, by: 37))
            } body: { engine in
                let clients = Self.clients(seed: overlap == .on ? 1 : 2)
                var alone: [Answer] = []
                for client in clients { alone.append(try await Self.answer(to: client.request, from: engine)) }
                #expect(Set(alone.map(\.reason)) == [.stop, .length])
                let together = try await Self.together(clients, engine)
                for (index, (client, answers)) in zip(clients, zip(alone, together)).enumerated() {
                    if client.patience == .max {
                        #expect(answers.1 == answers.0, "request \(index)")
                    } else {
                        #expect(answers.1.isBeginning(of: answers.0), "request \(index), which hung up")
                    }
                }
            }
        }
    }

    @Test(
        """
        a request that cannot fit is refused with the reason, one that outgrows the memory or its time ends, and the \
        others go on
        """
    )
    func refusals() async throws {
        try await ModelCluster.with(Paths.demo) { cluster in
            try await cluster.withEngine {
                $0.schedule.limits.replicas[.first]?.bytes = cluster.config.stateBytes(tokensMax: 100)
            } body: { engine in
                let fine = GenerationRequest(id: "fine", prompt: [5, 6, 7], tokensMax: 40, ignoreEnd: true)
                var large = fine, long = fine, late = fine
                large.prompt = [Int32](repeating: 5, count: 4000)
                long.tokensMax = 4000
                late.timeout = .zero
                let places = engine.sequences.tokensMax
                #expect(
                    throws: GenerationError.tooLarge(
                        "the prompt has 4000 tokens, and the attention service has memory for \(places)")
                ) {
                    try engine.submit(large)
                }
                async let answer = Self.answer(to: fine, from: engine)
                await #expect(
                    throws: GenerationError.deadline(
                        "the request's timeout of 0.0 s passed while it waited for its turn")
                ) { try await Self.answer(to: late, from: engine) }
                let tokens = try await answer.tokens
                #expect(tokens.count == 40)
                let longest = try await Self.answer(to: long, from: engine)
                #expect(longest.reason == .length)
                #expect(longest.tokens.count == places - 3 + 1, "the last token needs no place")
                #expect(longest.tokens.starts(with: tokens))
            }
        }
    }

    @Test("a sequence that makes a step fail ends alone; those that were with it go on with the same bytes")
    func poison() async throws {
        try await ModelCluster.with(Paths.demo) { cluster in
            try await cluster.withEngine { _ in
            } body: { engine in
                var fine = GenerationRequest(id: "fine", prompt: [5, 6, 7], tokensMax: 60, ignoreEnd: true)
                fine.topLogprobs = 2
                fine.promptLogprobs = 2
                let alone = try await Self.answer(to: fine, from: engine)
                let progress = Progress()
                async let first = Self.answer(to: fine, from: engine, progress)
                async let second = Self.answer(to: fine, from: engine)
                try await eventually("tokens come") { progress.tokens > 5 }
                // Nothing lets such an id in from outside; it stands for whatever one sequence may bring.
                let poison = GenerationRequest(id: "poison", prompt: [5, 1_000_000, 7], tokensMax: 40)
                await #expect(throws: GenerationError.failed("the attention service refused a step of this request")) {
                    try await Self.answer(to: poison, from: engine)
                }
                let answers = try await [first, second]
                #expect(answers == [alone, alone])
            }
        }
    }

    private static func clients(seed: UInt64) -> [Client] {
        var random = SplitMix64(seed: seed)
        return (0 ..< 32).map { index in
            var request = GenerationRequest(
                id: "\(index)",
                prompt: (0 ..< Int.random(in: 1 ... 150, using: &random)).map { _ in
                    .random(in: 3 ..< 1000, using: &random)
                },
                tokensMax: .random(in: 1 ... 60, using: &random))
            request.sampling.temperature = index % 3 == 0 ? 0 : .random(in: 0.5 ... 1.5, using: &random)
            request.sampling.topP = index % 4 == 0 ? 0.9 : 1
            request.sampling.topK = index % 5 == 0 ? 20 : 0
            request.sampling.repetitionPenalty = index % 6 == 0 ? 1.2 : 1
            request.sampling.seed = random.next()
            request.topLogprobs = 3
            request.promptLogprobs = index % 7 == 0 ? 3 : nil
            request.ignoreEnd = index % 2 == 0
            request.account = index % 2
            request.priority = Priority.allCases.randomElement(using: &random) ?? .normal
            return Client(
                request: request, arrival: .random(in: 0 ... 400, using: &random),
                patience: index % 8 == 3 ? .random(in: 0 ... 10, using: &random) : .max)
        }
    }

    /// All clients, each when as many tokens have come as its arrival says.
    private static func together(_ clients: [Client], _ engine: StepEngine) async throws -> [Answer] {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: (Int, Answer).self) { tasks in
            for (index, client) in clients.enumerated() {
                tasks.addTask {
                    try await eventually("\(client.arrival) tokens have come", within: .seconds(300)) {
                        progress.tokens >= client.arrival || progress.isIdle
                    }
                    progress.begin()
                    defer { progress.end() }
                    return (
                        index, try await answer(to: client.request, from: engine, patience: client.patience, progress)
                    )
                }
            }
            return try await tasks.reduce(into: [Answer](repeating: Answer(), count: clients.count)) { $0[$1.0] = $1.1 }
        }
    }

    private static func answer(
        to request: GenerationRequest, from engine: StepEngine, patience: Int = .max, _ progress: Progress? = nil
    ) async throws -> Answer {
        let (id, outputs) = try engine.submit(request)
        defer { engine.cancel(id) }
        var answer = Answer()
        for try await output in outputs {
            switch output {
            case .event(.submitted), .event(.begun), .event(.embedding): break
            case .event(.prompt(let logprobs)): answer.prompt = logprobs
            case .event(.token(let token, let logprobs)):
                if answer.tokens.count == patience { return answer }
                answer.tokens.append(token)
                answer.logprobs += logprobs.map { [$0] } ?? []
                progress?.token()
            case .end(let reason): answer.reason = reason
            }
        }
        return answer
    }
}
