internal import Hummingbird
internal import JSON
internal import Logging
internal import Synchronization

/// Around every endpoint: turns errors into the shape that its clients read, adds the headers that all answers have,
/// then counts and logs the request once its last byte is written.
struct FrontMiddleware: RouterMiddleware {
    let metrics: FrontMetrics
    let crossOrigin: CrossOrigin

    func handle(
        _ request: Request, context: FrontContext, next: @concurrent (Request, FrontContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let requestID = RequestID.of(request.headers[.requestID])
        var response = await answer(request, requestID, context, next)
        response.headers[.requestID] = requestID
        if request.isForMessages { response.headers[.anthropicRequestID] = requestID }
        for field in crossOrigin.headers(for: request) { response.headers[field.name] = field.value }
        let (body, status) = (response.body, response.status)
        @Sendable func log() { self.log(request, requestID, status: status.code, since: start, context) }
        // A HEAD's length is that of the content it would have.
        let length = response.headers[.contentLength]
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            do {
                try await body.write(writer)
            } catch {
                let trouble = context.connection.isStalled ? APIError.clientStalled : .clientGone
                context.record.update {
                    $0.trouble = $0.trouble ?? trouble.code
                    $0.lateStatus = $0.lateStatus ?? Int(trouble.status.code)
                }
                log()
                throw error
            }
            log()
        }
        response.headers[.contentLength] = length
        return response
    }

    private func answer(
        _ request: Request, _ requestID: String, _ context: FrontContext,
        _ next: @concurrent (Request, FrontContext) async throws -> Response
    ) async -> Response {
        do {
            if let refusal = context.facts.refusal { throw refusal }
            if request.method == .options, let methods = Endpoints.methods(request.uri.path) {
                return crossOrigin.options(request, methods: methods)
            }
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return Endpoints.unknown(request).response(to: request, id: requestID)
        } catch {
            let refusal = APIError(wrapping: error)
            if refusal.status == .internalServerError, !(error is APIError) {
                context.logger.warning("request failed", metadata: ["error": "\(error)"])
            }
            context.record.update { $0.trouble = refusal.code ?? refusal.type }
            return refusal.response(to: request, id: requestID)
        }
    }

    private func log(
        _ request: Request, _ requestID: String, status: Int, since start: ContinuousClock.Instant,
        _ context: FrontContext
    ) {
        let fields = context.record.current
        let status = fields.lateStatus ?? status
        var metadata: Logger.Metadata = [
            "http.status": "\(status)", "http.request_id": "\(requestID)",
            "client.address": "\(context.connection.clientAddress)",
            "duration_ms": "\(start.duration(to: .now) / .milliseconds(1))",
        ]
        if context.facts.isReadable {
            metadata["http.method"] = "\(request.method)"
            metadata["http.path"] = "\(request.uri.path.echoed)"
        }
        if let id = fields.id { metadata["request.id"] = "\(id)" }
        if let key = fields.key { metadata["client.key"] = "\(key)" }
        if let user = fields.user { metadata["user"] = "\(user)" }
        if let trouble = fields.trouble { metadata["trouble"] = "\(trouble)" }
        if let tokens = fields.promptTokens { metadata["tokens.prompt"] = "\(tokens)" }
        if let tally = fields.tally {
            metadata["tokens.cached"] = "\(tally.cachedTokens)"
            metadata["tokens.generated"] = "\(tally.tokens)"
            metadata["finish"] = "\(tally.finishes.map(\.rawValue).joined(separator: ","))"
        }
        // Orchestrators probe every few seconds; what they are told changes with a line of its own.
        let isProbe = context.facts.isReadable && request.uri.path == Endpoints.health
        context.logger.log(level: isProbe ? .debug : .info, "answered request", metadata: metadata)
        metrics.countRequest(status: status)
    }
}

/// Lets only those in who bring a key, and notes whose it is.
final class AuthorizationMiddleware: RouterMiddleware {
    private let authorization: Authorization
    private let guesses = Mutex(GuessLimit())

    init(authorization: Authorization) { self.authorization = authorization }

    func handle(
        _ request: Request, context: FrontContext, next: @concurrent (Request, FrontContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            context.account = try authorization.account(
                request.headers[.authorization], apiKey: request.headers[.apiKey])
        } catch {
            if request.headers[.authorization] != nil || request.headers[.apiKey] != nil {
                context.connection.noteQuiet(since: .now())        // whoever waits for this answer may as well go
                try await Task.sleep(
                    for: guesses.withLock { $0.wrongKey(from: context.connection.clientNetwork, now: .now) })
            }
            throw error
        }
        if authorization.asksForKeys {
            let key = authorization.name(of: context.account)
            context.record.update { $0.key = key }
        }
        return try await next(request, context)
    }
}

/// The paths of the front, to tell an unknown path from a wrong method.
enum Endpoints {
    static let chat = "/v1/chat/completions"
    static let completions = "/v1/completions"
    static let messages = "/v1/messages"
    static let models = "/v1/models"
    static let health = "/health"
    static let sessions = "/v1/sessions"
    static let version = "/version"
    /// What the API is, for programs and for people.
    static let document = "/openapi.json", reference = "/docs"
    static let embeddings = "/v1/embeddings"
    /// At the root, and under `/v1` as well.
    static let tokenize = "/tokenize", detokenize = "/detokenize", tokenizerInfo = "/tokenizer_info"

    /// What a path knows, as `Allow` spells it; nil: nothing is there.
    static func methods(_ path: String) -> String? {
        switch path {
        case completions, messages, messages + "/count_tokens", embeddings, tokenize, detokenize, "/v1" + tokenize,
            "/v1" + detokenize:
            "POST, OPTIONS"
        case chat: "GET, HEAD, POST, OPTIONS"
        case "", "/", health, models, version, tokenizerInfo, "/v1" + tokenizerInfo, document, reference:
            "GET, HEAD, OPTIONS"
        case sessions: "GET, HEAD, POST, OPTIONS"
        default:
            path.hasPrefix(models + "/")
                ? "GET, HEAD, OPTIONS" : methodsOfSession(path) ?? ResponseEndpoints.methods(path)
        }
    }

    private static func methodsOfSession(_ path: String) -> String? {
        guard path.hasPrefix(sessions + "/") else { return nil }
        let parts = path.dropFirst(sessions.count + 1).split(separator: "/", omittingEmptySubsequences: false)
        guard let id = parts.first, !id.isEmpty else { return nil }
        switch (parts.count, parts.last) {
        case (1, _): return "GET, HEAD, DELETE, OPTIONS"
        case (2, "fork"), (2, "rewind"), (2, "move"): return "POST, OPTIONS"
        case (2, "snapshot"): return "GET, HEAD, POST, OPTIONS"
        default: return nil
        }
    }

    static func unknown(_ request: Request) -> APIError {
        let path = request.uri.path.echoed
        let reason = NotOffered.reason(request.uri.path)
        guard reason == nil, let methods = methods(request.uri.path) else {
            let reason = reason.map { " \($0)" } ?? ""
            return APIError(
                status: .notFound, message: "Unknown request URL: \(request.method) \(path).\(reason)",
                code: "unknown_url")
        }
        return APIError(
            status: .methodNotAllowed, message: "\(path) answers \(methods), not \(request.method).",
            code: "method_not_supported", allow: methods)
    }
}
