import Synchronization

@testable import Router

/// An engine whose answers the test writes. It keeps what it was asked.
final class ScriptedGenerator: Generator {
    typealias Emit = (GenerationEvent) async throws -> Bool
    typealias Script = @Sendable (GenerationRequest, Emit) async throws -> FinishReason

    static let usualModel = ServedModel(
        id: "demo/model", created: 1_700_000_000, ownedBy: "tests", family: "MiniMax-Text-01",
        contextLength: 2000, vocabularySize: 4096, hiddenSize: 3, fingerprint: "fp_test")
    let model: ServedModel
    let readiness: GeneratorReadiness
    private let script: Script
    private let asked = Mutex<[GenerationRequest]>([])
    private let ends = Mutex(0)

    init(
        model: ServedModel = usualModel, readiness: GeneratorReadiness = .ready, script: @escaping Script
    ) {
        self.model = model
        self.readiness = readiness
        self.script = script
    }

    /// What it was asked, in order of the sequences' ids.
    var requests: [GenerationRequest] { asked.withLock { $0.sorted { $0.id < $1.id } } }
    /// What it was to go on from, in the order in which it was asked.
    var prompts: [[Int32]] { asked.withLock { $0.map(\.prompt) } }
    /// How many sequences have ended, well or not.
    var endCount: Int { ends.withLock { $0 } }

    func generate(_ request: GenerationRequest, emit: Emit) async throws -> FinishReason {
        asked.withLock { $0.append(request) }
        defer { ends.withLock { $0 += 1 } }
        guard try await emit(.submitted) else { return .stop }
        return try await script(request, emit)
    }

    /// Says `tokens` and then ends by itself, or by `tokensMax`.
    static func saying(_ tokens: [Int32]) -> ScriptedGenerator {
        ScriptedGenerator { request, emit in try await say(tokens, request, emit) }
    }

    static func say(_ tokens: [Int32], _ request: GenerationRequest, _ emit: Emit) async throws -> FinishReason {
        if let alternatives = request.promptLogprobs {
            let logprobs = request.prompt.enumerated().map {
                $0.offset == 0 ? nil : Self.logprobs($0.element, alternatives)
            }
            guard try await emit(.prompt(logprobs)) else { return .stop }
        }
        for token in tokens.prefix(request.tokensMax) {
            guard try await emit(.token(token, request.topLogprobs.map { logprobs(token, $0) })) else { return .stop }
        }
        return tokens.count > request.tokensMax || request.tokensMax == 0 ? .length : .stop
    }

    /// Made up, but a function of the token: -0.25 for the token itself, then its neighbours.
    static func logprobs(_ token: Int32, _ count: Int) -> TokenLogprobs {
        TokenLogprobs(
            logprob: -0.25, top: (0 ..< count).map { .init(id: (token + Int32($0)) % 4000, logprob: -0.25 - Float($0)) }
        )
    }
}
