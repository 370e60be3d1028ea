internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import Tokenizer

/// The OpenAI-compatible REST front: text and JSON outside, token ids and a `Generator` inside.
///
/// Mount it with `Application(router: front.router(), server: Front.server(), …)`: the server notices clients that hang up.
struct Front: Sendable {
    let generator: any Generator
    let tokenizer: BytePairTokenizer
    let config: FrontConfig
    let metrics: FrontMetrics

    init(generator: any Generator, tokenizer: BytePairTokenizer, config: FrontConfig = FrontConfig()) {
        self.generator = generator
        self.tokenizer = tokenizer
        self.config = config
        metrics = FrontMetrics(model: generator.model)
    }

    /// - Parameter idleTimeout: a connection on which nobody asks anything is closed after this long.
    static func server(idleTimeout: TimeAmount = .minutes(5)) -> HTTPServerBuilder {
        .http1(configuration: HTTP1Channel.Configuration(additionalChannelHandlers: [HangUpHandler()], idleTimeout: idleTimeout))
    }

    func router() -> Router<FrontContext> {
        let router = Router(context: FrontContext.self)
        router.add(middleware: FrontMiddleware(metrics: metrics))
        router.get("/") { _, _ in hint() }
        router.get("/health") { _, _ in health() }
        let api = router.group("/v1").add(middleware: AuthorizationMiddleware(authorization: Authorization(keys: config.apiKeys)))
        api.post("/chat/completions") { request, context in
            try await answer(request, context) { fields, seed in
                let chat = try ChatRequest(fields, model: generator.model, seed: seed)
                return try chat.encoded(
                    by: tokenizer, contextLength: generator.model.contextLength, trustsSpecialTokens: config.trustsSpecialTokens)
            }
        }
        api.post("/completions") { request, context in
            try await answer(request, context) { fields, seed in
                let completion = try CompletionRequest(fields, model: generator.model, seed: seed)
                return try completion.encoded(by: tokenizer, contextLength: generator.model.contextLength)
            }
        }
        api.get("/models") { _, _ in Response(json: ["object": "list", "data": [modelCard]]) }
        // A model's name may contain slashes.
        api.get("/models/**") { request, _ in
            let encoded = String(request.uri.path.dropFirst(Endpoints.models.count + 1))
            let id = encoded.removingPercentEncoding ?? encoded
            guard id == generator.model.id else { throw APIError.unknownModel(id) }
            return Response(json: modelCard)
        }
        return router
    }

    private var modelCard: JSON {
        let model = generator.model
        return [
            "id": .string(model.id), "object": "model", "created": .int(model.created), "owned_by": .string(model.ownedBy),
            "max_model_len": .int(model.usableLength ?? model.contextLength),
        ]
    }

    private func hint() -> Response {
        let text = "\(generator.model.id): an OpenAI-compatible API. Try POST /v1/chat/completions or GET /v1/models.\n"
        return Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func health() -> Response {
        switch generator.readiness {
        case .ready: Response(json: ["status": "ok"])
        case .notReady(let message): Response(json: ["status": "unavailable", "message": .string(message)], status: .serviceUnavailable)
        }
    }
}
