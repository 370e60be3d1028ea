internal import Chat
internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import JSON
internal import Logging
internal import NIOCore
internal import Records
internal import ServiceLife
internal import Tensors
internal import Tokenizer

/// The OpenAI-compatible REST front: text and JSON outside, token ids and a `Generator` inside.
///
/// Run `application(…)`: its connections are `FrontChannel`s, which keep HTTP's rules and notice clients that hang up.
struct Front: Sendable {
    let generator: any Generator
    let tokenizer: BytePairTokenizer
    let tokenizerInfo: TokenizerInfo
    let config: FrontConfig
    /// How the model writes its answers.
    private let syntax: AnswerSyntax
    let metrics: FrontMetrics
    let bodies: BodyBudget
    let connections: ConnectionTable
    let scopes: PrefixScopes
    let largeRequests = LargeRequests()
    let sessions: SessionBook
    /// The model's states along the sessions' tokens.
    let states: any SessionStates
    let responses: ResponseBook
    let background = BackgroundRuns()
    /// What the API is.
    let pages: ReferencePages
    /// Tells what records call an account. Accounts that share prefixes still have sessions of their own.
    let owners: PrefixScopes

    /// - Parameters:
    ///   - sessions: those of all clients.
    ///   - responses: those of all clients.
    ///   - states: along their tokens.
    init(
        generator: any Generator, tokenizer: BytePairTokenizer, tokenizerInfo: TokenizerInfo,
        config: FrontConfig = FrontConfig(), sessions: SessionBook, responses: ResponseBook, states: any SessionStates
    ) {
        self.generator = generator
        self.tokenizer = tokenizer
        self.tokenizerInfo = tokenizerInfo
        self.config = config
        syntax = config.template.syntax(tokenizer)
        self.sessions = sessions
        self.responses = responses
        self.states = states
        owners = PrefixScopes(apiKeys: config.apiKeys, names: config.apiKeyNames, areShared: false)
        pages = ReferencePages(
            APIReference(
                ReferenceFacts(
                    model: generator.model, asksForKeys: !config.apiKeys.isEmpty,
                    port: config.port == 0 ? FrontConfig().port : config.port)))
        metrics = FrontMetrics(model: generator.model)
        bodies = BodyBudget(bytesMax: config.bodiesBytesMax, bodyBytesMax: config.bodyBytesMax)
        connections = ConnectionTable(connectionsMax: config.connectionsMax)
        scopes = PrefixScopes(
            apiKeys: config.apiKeys, names: config.apiKeyNames, areShared: config.sharesPrefixes)
    }

    /// The front as a server.
    ///
    /// - Parameter onListening: called once, with the socket that listens.
    func application(
        on address: BindAddress, logger: Logger, onListening: @escaping @Sendable (any Channel) -> Void
    ) -> some ApplicationProtocol {
        let server = HTTPServerBuilder { responder in
            FrontChannel(
                responder: responder, limits: config.connection, bodyBytesMax: config.bodyBytesMax, table: connections)
        }
        return Application(
            router: router(), server: server, configuration: .init(address: address, serverName: "minimax"),
            onServerRunning: { [connections] channel in
                let added = channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPause(connections, logger: logger), position: .first)
                }
                try? await added.get()        // fails only where the socket is closed
                onListening(channel)
            }, logger: logger)
    }

    func router() -> Router<FrontContext> {
        let router = Router(context: FrontContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FrontMiddleware(metrics: metrics, crossOrigin: config.crossOrigin))
        router.get("/") { _, _ in hint() }
        router.get("/health") { _, _ in health() }
        addReference(to: router)
        let authorization = AuthorizationMiddleware(
            authorization: Authorization(keys: config.apiKeys, names: config.apiKeyNames))
        let api = router.group("/v1").add(middleware: authorization)
        api.post("/chat/completions") { request, context in
            let account = account(context)
            return try await answer(request, context) { fields, seed, cancellation in
                let chat = try ChatRequest(fields, model: generator.model, seed: seed)
                let keeper = try ChatKeeper(fields, responses.records, account: account)
                let job = try prompts(cancellation).job(chat.job, of: chat.turn)
                return Order(job: job, format: ChatFormat(), keeper: keeper)
            }
        }
        addStoredCompletions(to: api)
        api.post("/completions") { request, context in
            try await answer(request, context) { fields, seed, cancellation in
                let completion = try CompletionRequest(fields, model: generator.model, seed: seed)
                let job = try completion.encoded(
                    by: tokenizer, contextLength: generator.model.contextLength, cancellation)
                return Order(job: job, format: CompletionFormat())
            }
        }
        addMessages(to: api)
        addSessions(to: api)
        addResponses(to: api)
        addSmallEndpoints(to: router, api, authorization)
        api.get("/models") { request, _ in
            Response(json: request.isForMessages ? messagesModels : ["object": "list", "data": [modelCard]])
        }
        // A model's name may contain slashes.
        api.get("/models/**") { request, _ in
            let encoded = String(request.uri.path.dropFirst(Endpoints.models.count + 1))
            let id = encoded.removingPercentEncoding ?? encoded
            guard id == generator.model.id else { throw APIError.unknownModel(id) }
            return Response(json: request.isForMessages ? messagesModel : modelCard)
        }
        return router
    }

    /// Makes the prompts of conversations.
    ///
    /// - Parameter now: seconds since 1970, for templates that tell the date.
    func prompts(_ cancellation: CancellationFlag, now: Int = ResponseBook.now) -> ConversationPrompts {
        ConversationPrompts(
            tokenizer: tokenizer, config: config, syntax: syntax, contextLength: generator.model.contextLength,
            now: now, cancellation: cancellation)
    }

    /// vLLM has those between texts and token ids at the root.
    private func addSmallEndpoints(
        to router: Router<FrontContext>, _ api: RouterGroup<FrontContext>, _ authorization: AuthorizationMiddleware
    ) {
        router.get("/version") { _, _ in Response(json: ["version": .string(productVersion)]) }
        addText(to: router.group().add(middleware: authorization))
        addText(to: api)
        api.post("/embeddings") { request, context in try await embeddings(request, context) }
    }

    private var modelCard: JSONValue {
        let model = generator.model
        return [
            "id": .string(model.id), "object": "model", "created": .int(model.created),
            "owned_by": .string(model.ownedBy),
            "max_model_len": .int(model.servedLength), "family": .string(model.family),
        ]
    }

    private func hint() -> Response {
        let text =
            "\(generator.model.id): an OpenAI-compatible API. Try POST /v1/chat/completions, or read GET /docs.\n"
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func health() -> Response {
        switch generator.readiness {
        case .ready: Response(json: ["status": "ok"])
        case .notReady(let message):
            Response(json: ["status": "unavailable", "message": .string(message)], status: .serviceUnavailable)
        }
    }
}
