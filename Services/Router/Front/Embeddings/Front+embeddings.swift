internal import Foundation
internal import Hummingbird
internal import JSON
internal import NIOCore
internal import Tensors

/// `POST /v1/embeddings`: each text becomes one vector of the model's hidden states.
extension Front {
    func embeddings(_ request: Request, _ context: FrontContext) async throws -> Response {
        let wanted = try await read(request, context) { fields, _, cancellation in
            try EmbeddingRequest(
                fields, model: generator.model, tokenizer, trustsSpecialTokens: config.trustsSpecialTokens,
                cancellation)
        }
        let id = "embd-" + UUID().uuidString.lowercased().filter { $0 != "-" }, tally = Tally()
        context.record.update { ($0.id, $0.promptTokens, $0.tally) = (id, wanted.tokenCount, tally) }
        let (account, scope) = (context.account, scopes.scope(of: context.account, salt: wanted.salt))
        let vectors = try await whileWanted(context.connection.watch) {
            try await allVectors(of: wanted, tally) {
                wanted.generationRequest(for: $0, id: id, account: account, scope: scope)
            }
        }
        metrics.count(promptTokens: wanted.tokenCount, tally)
        let answer = EmbeddingAnswer(
            format: wanted.format, model: generator.model.id, vectors: vectors, promptTokens: wanted.tokenCount)
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: answer.head))
                for index in answer.vectors.indices {
                    try await writer.write(ByteBuffer(string: answer.element(index)))
                }
                try await writer.write(ByteBuffer(string: answer.tail))
                try await writer.finish(nil)
            })
    }

    /// Some inputs at a time, as choices of an answer run. In their order.
    ///
    /// - Parameter request: makes that of an input.
    private func allVectors(
        of wanted: EmbeddingRequest, _ tally: Tally, _ request: @escaping @Sendable (Int) -> GenerationRequest
    ) async throws -> [[Float]] {
        try await withThrowingTaskGroup(of: (Int, [Float]).self) { tasks in
            var vectors = [[Float]](repeating: [], count: wanted.inputs.count)
            for index in vectors.indices {
                if index >= config.choicesAtOnce, let (done, vector) = try await tasks.next() { vectors[done] = vector }
                tasks.addTask { (index, try await vector(of: request(index), index, tally)) }
            }
            for try await (done, vector) in tasks { vectors[done] = vector }
            return vectors
        }
    }

    /// Whether a full queue refuses the request is decided by its first input; the others wait for room.
    private func vector(of request: GenerationRequest, _ index: Int, _ tally: Tally) async throws -> [Float] {
        var found: [Float]?
        let reason = try await RunningJob.generate(request, waits: index > 0, on: generator) { event in
            if case .begun(let reused) = event { tally.noteCached(reused, ofPrompt: index) }
            if case .embedding(let vector) = event { found = vector }
            return !Task.isCancelled
        }
        try Task.checkCancellation()
        guard let found, found.allSatisfy(\.isFinite) else {
            throw GenerationError.failed("The model's hidden states of this text are no finite numbers.")
        }
        tally.addFinish(reason)
        return found
    }
}
