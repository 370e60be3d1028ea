internal import Hummingbird
internal import Logging

/// Around every endpoint: turns errors into OpenAI's shape, then counts and logs the request once its last byte is written.
struct FrontMiddleware: RouterMiddleware {
    let metrics: FrontMetrics

    func handle(_ request: Request, context: FrontContext, next: @concurrent (Request, FrontContext) async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            response = Endpoints.unknown(request).response
        } catch {
            let refusal = APIError(wrapping: error)
            if refusal.status.code >= 500 { context.logger.warning("request failed", metadata: ["error": "\(error)"]) }
            context.record.update { $0.trouble = refusal.code ?? refusal.type }
            response = refusal.response
        }
        let (body, status) = (response.body, response.status)
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            do {
                try await body.write(writer)
            } catch {
                context.record.update {
                    $0.trouble = $0.trouble ?? APIError.clientGone.code
                    $0.lateStatus = $0.lateStatus ?? Int(APIError.clientGone.status.code)
                }
                log(request, status: status.code, since: start, context)
                throw error
            }
            log(request, status: status.code, since: start, context)
        }
        return response
    }

    private func log(_ request: Request, status: Int, since start: ContinuousClock.Instant, _ context: FrontContext) {
        let fields = context.record.current
        let status = fields.lateStatus ?? status
        var metadata: Logger.Metadata = [
            "http.method": "\(request.method)", "http.path": "\(request.uri.path.echoed)", "http.status": "\(status)",
            "duration_ms": "\(start.duration(to: .now) / .milliseconds(1))",
        ]
        if let id = fields.id { metadata["request.id"] = "\(id)" }
        if let trouble = fields.trouble { metadata["trouble"] = "\(trouble)" }
        if let tokens = fields.promptTokens { metadata["tokens.prompt"] = "\(tokens)" }
        if let tally = fields.tally {
            metadata["tokens.generated"] = "\(tally.tokens)"
            metadata["finish"] = "\(tally.finishes.map(\.rawValue).joined(separator: ","))"
        }
        context.logger.info("answered request", metadata: metadata)
        metrics.countRequest(status: status)
    }
}

/// Lets only those in who bring a key, and notes whose it is.
struct AuthorizationMiddleware: RouterMiddleware {
    let authorization: Authorization

    func handle(_ request: Request, context: FrontContext, next: @concurrent (Request, FrontContext) async throws -> Response) async throws -> Response {
        var context = context
        context.account = try authorization.account(request.headers[.authorization])
        return try await next(request, context)
    }
}

/// The paths of the front, to tell an unknown path from a wrong method.
enum Endpoints {
    static let chat = "/v1/chat/completions"
    static let completions = "/v1/completions"
    static let models = "/v1/models"
    static let health = "/health"

    static func unknown(_ request: Request) -> APIError {
        let path = request.uri.path
        let method: String? = switch path {
        case chat, completions: "POST"
        case "", "/", health, models: "GET"
        default: path.hasPrefix(models + "/") ? "GET" : nil
        }
        guard let method else { return APIError(status: .notFound, message: "Unknown request URL: \(request.method) \(path.echoed).", code: "unknown_url") }
        return APIError(
            status: .methodNotAllowed, message: "\(path.echoed) only answers \(method), not \(request.method).", code: "method_not_supported", allow: method)
    }
}
