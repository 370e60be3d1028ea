internal import Hummingbird
internal import JSON
internal import NIOCore
internal import Tensors
internal import Tokenizer

/// Between texts and token ids, without the model: the endpoints have vLLM's names and shapes.
extension Front {
    func addText(to group: RouterGroup<FrontContext>) {
        group.post("/tokenize") { request, context in
            try await answer(request, context) { fields, cancellation in
                try Tokenization(fields, prompts(cancellation)).answer(
                    tokenizer, lengthMax: generator.model.servedLength)
            }
        }
        group.post("/detokenize") { request, context in
            try await answer(request, context) { fields, _ in
                guard fields.value("tokens") != nil else { throw APIError.missing("tokens") }
                let ids = try fields.tokenIDs("tokens", vocabularySize: generator.model.vocabularySize)
                return JSONValue.object([
                    JSONValue.Member(name: "prompt", value: .string(tokenizer.decode(ids, skippingSpecial: false)))
                ]).text()
            }
        }
        group.get("/tokenizer_info") { _, _ in Response(json: tokenizerInfo.json) }
    }

    /// Reads a body, and answers with what `work` makes of it, JSON as text. Large ones take turns.
    private func answer(
        _ request: Request, _ context: FrontContext,
        _ work: @escaping @Sendable (RequestFields, CancellationFlag) throws -> String
    ) async throws -> Response {
        let answer = try await read(request, context, generates: false) { fields, _, cancellation in
            ByteBuffer(string: try work(fields, cancellation))
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
    }
}
