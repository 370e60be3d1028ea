import Checkpoint
import Foundation
import JSON
import Testing

@testable import Router

/// Embeddings over real attention and expert hosts.
@Suite("Embeddings", .serialized, .inTurn) struct EmbeddingTests {
    private static let ids: [Int32] = EqualityTests.prompt.map { Int32($0) }

    private static func request(_ prompt: [Int32], _ pooling: Pooling, id: String = "a") -> GenerationRequest {
        var request = GenerationRequest(id: id, prompt: prompt, tokensMax: 0)
        request.promptEmbedding = pooling
        return request
    }

    private static func embedding(of request: GenerationRequest, from engine: StepEngine) async throws -> [Float] {
        let (id, outputs) = try engine.submit(request)
        defer { engine.cancel(id) }
        var vectors: [[Float]] = []
        for try await case .event(.embedding(let vector)) in outputs { vectors.append(vector) }
        return try #require(vectors.count == 1 ? vectors[0] : nil)
    }

    @Test("mean and last are those of the reference's hidden states after the final norm", arguments: Pooling.allCases)
    func golden(pooling: Pooling) async throws {
        let file = Paths.golden.appending(path: "hidden-states-story-start.safetensors")
        let hidden = try ReferenceTensors(file).values("after-final-norm")        // (T, D)
        let prompt = try #require(try GoldenTests.prompts().first { $0.name == "story-start" }).input_ids
        let columns = hidden.count / prompt.count
        let rows = pooling == .mean ? 0 ..< prompt.count : prompt.count - 1 ..< prompt.count
        let sums = (0 ..< columns).map { column in rows.reduce(0.0) { $0 + Double(hidden[$1 * columns + column]) } }
        let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let expected = sums.map { Float($0 / length) }
        try await ModelCluster.with(Paths.demo) { cluster in
            #expect(columns == cluster.config.hiddenSize)
            try await cluster.withEngine { engine in
                let found = try await Self.embedding(
                    of: Self.request(prompt.map { Int32($0) }, pooling), from: engine)
                let difference = relativeDifference(found, expected)
                #expect(difference <= 1e-5, "differs by \(difference)")
            }
        }
    }

    @Test(
        "the bytes are the same over 1 and 3 hosts, for any cut of the prompt, overlapped or not, and beside others",
        arguments: Pooling.allCases)
    func equality(pooling: Pooling) async throws {
        var all: [[UInt32]] = []
        for hosts in [1, 3] {
            all += try await ModelCluster.with(Paths.demo, expertHosts: hosts) { cluster in
                var found: [[UInt32]] = []
                for (rows, overlap) in [(512, OverlapMode.off), (64, .on), (7, .off), (1, .off)] {
                    let bits = try await cluster.withEngine {
                        $0.schedule.promptRowsMax = rows
                        $0.schedule.overlap = overlap
                    } body: { engine in
                        try await Self.besideAnother(Self.request(Self.ids, pooling), engine)
                    }
                    found.append(bits)
                }
                return found
            }
        }
        #expect(all.count == 8 && Set(all).count == 1)
    }

    /// The embedding as bit patterns, made while an answer is generated.
    private static func besideAnother(_ request: GenerationRequest, _ engine: StepEngine) async throws -> [UInt32] {
        let other = GenerationRequest(id: "other", prompt: [5, 6, 7], tokensMax: 1000, ignoreEnd: true)
        let (id, outputs) = try engine.submit(other)
        defer { engine.cancel(id) }
        for try await case .event(.token) in outputs { break }
        return try await embedding(of: request, from: engine).map(\.bitPattern)
    }

    /// About 5,000 tokens, which take long enough to be disturbed.
    private static func longText() throws -> String {
        let book = Paths.repository.appending(path: "compose/examples/sense-and-sensibility.txt")
        return try String(contentsOf: book, encoding: .utf8)
    }

    @Test(
        "an expert host and attention that are killed while a text is read cost no bit of its embedding",
        arguments: Pooling.allCases)
    func killed(pooling: Pooling) async throws {
        let text = try Self.longText()
        func body(_ text: String) -> JSONValue {
            [
                "input": .array([.string(text), "A short one."]), "pooling": .string(pooling.rawValue),
                "encoding_format": "base64",
            ]
        }
        let setup = RESTCluster.Setup(expertHosts: 3, router: ["--prefill-tokens-max", "64"])
        try await RESTCluster.with(setup) { cluster in
            let undisturbed = try await cluster.post("/v1/embeddings", body(text))
            #expect(undisturbed.status == 200 && undisturbed.json["data"].count == 2)
            func disturbed(_ action: () async throws -> Void) async throws {
                let before = try await cluster.metric("minimax_steps_total", of: "router")
                async let reply = cluster.post("/v1/embeddings", body(text))
                try await eventually("some steps are made") {
                    try await cluster.metric("minimax_steps_total", of: "router") >= before + 5
                }
                #expect(try await cluster.metric("minimax_num_requests_running", of: "router") > 0)
                try await action()
                let found = try await reply
                #expect(found.status == 200, "\(found.json.text())")
                #expect(found.json == undisturbed.json)
            }
            try await disturbed { try cluster.process("expert-2").signal(SIGKILL) }
            try await disturbed {
                try cluster.process("attention").signal(SIGKILL)
                try await eventually("the front says that attention is gone") {
                    try await cluster.get("/health").status == 503
                }
                try cluster.startAttention()
            }
            #expect(try await cluster.metric("minimax_sequence_recoveries_total", of: "router") > 0)
        }
    }

    @Test("a text that begins as an answer before it did reuses that for its last state, with the same bytes")
    func reuse() async throws {
        try await RESTCluster.with { cluster in
            let prompt = JSONValue.array(Self.ids.map { .int($0) })
            let body: JSONValue = ["input": prompt, "pooling": "last", "encoding_format": "base64"]
            let cold = try await cluster.post("/v1/embeddings", body)
            #expect(cold.status == 200)
            #expect(try await cluster.complete(prompt, maxTokens: 1).status == 200)
            let before = try await cluster.metric("minimax_prefix_tokens_reused_total", of: "router")
            #expect(try await cluster.post("/v1/embeddings", body).json == cold.json)
            #expect(try await cluster.metric("minimax_prefix_tokens_reused_total", of: "router") > before)
        }
    }
}
