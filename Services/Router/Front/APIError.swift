internal import Hummingbird
internal import JSON
internal import NIOCore
internal import Records

/// A refusal in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.
struct APIError: Error, Equatable {
    var status: HTTPResponse.Status = .badRequest
    var message: String
    var type = "invalid_request_error"
    var param: String?
    var code: String?
    /// Seconds after which the same request may succeed.
    var retryAfter: Int?
    /// Methods the path knows, for 405.
    var allow: String?
    /// Compressions that would be read, for 415.
    var acceptEncoding: String?
    /// Where the request ends is not sure, so nothing can follow on its connection.
    var endsConnection = false

    var json: JSONValue {
        ["error": ["message": .string(message), "type": .string(type), "param": .text(param), "code": .text(code)]]
    }
}

extension APIError {
    static func invalid(_ param: String, _ message: String, code: String? = nil) -> APIError {
        APIError(message: message, param: param, code: code)
    }

    static func missing(_ param: String) -> APIError {
        .invalid(param, "Missing required parameter: '\(param)'.", code: "missing_required_parameter")
    }

    static func wrongType(_ param: String, expected: String, found: JSONValue) -> APIError {
        .invalid(
            param, "Invalid type for '\(param)': expected \(expected), but got \(found.kind) instead.",
            code: "invalid_type")
    }

    /// The same refusal with `param` naming a whole parameter, as OpenAI does for token ids; the message still tells
    /// which part is wrong.
    func blaming(_ param: String) -> APIError {
        var error = self
        error.param = param
        return error
    }

    static func notSupported(_ param: String, _ message: String) -> APIError {
        .invalid(param, message, code: "unsupported_parameter")
    }

    static func unknownModel(_ id: String) -> APIError {
        APIError(
            status: .notFound, message: "The model '\(id.echoed)' does not exist.", param: "model",
            code: "model_not_found")
    }

    /// - Parameter isLeast: the prompt's length was not counted; it has at least `prompt` tokens.
    static func contextExceeded(
        _ param: String, contextLength: Int, prompt: Int, answer: Int, isLeast: Bool = false
    ) -> APIError {
        let least = isLeast ? "at least " : ""
        let message =
            """
            This model's maximum context length is \(contextLength) tokens. However, you requested \
            \(least)\(prompt + answer) tokens (\(least)\(prompt) in the \(param), \(answer) in the completion). Please \
            reduce the length of the \(param) or completion.
            """
        return .invalid(param, message, code: "context_length_exceeded")
    }

    static func bodyTooLarge(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge, message: "The request body is larger than \(limit) bytes.",
            code: "request_too_large")
    }

    /// Too many bytes of bodies at a time, of this client or of all.
    static func bodiesTooMany(limit: Int, ofOwner: Bool) -> APIError {
        let whose = ofOwner ? "Your" : "All clients'"
        let message =
            """
            \(whose) request bodies that are being read have more than \(limit) bytes together. Please try again in a \
            moment.
            """
        return ofOwner
            ? APIError(
                status: .tooManyRequests, message: message, type: "rate_limit_error", code: "rate_limit_exceeded",
                retryAfter: 1)
            : APIError(
                status: .serviceUnavailable, message: message, type: "service_unavailable", code: "service_unavailable",
                retryAfter: 1)
    }

    /// A refusal after which the connection is of no more use.
    static func ending(_ status: HTTPResponse.Status, _ message: String, code: String) -> APIError {
        APIError(status: status, message: message, code: code, endsConnection: true)
    }

    static func wrongKey(_ message: String) -> APIError {
        APIError(status: .unauthorized, message: message, code: "invalid_api_key")
    }

    static func notReady(_ message: String) -> APIError {
        APIError(
            status: .serviceUnavailable, message: message, type: "service_unavailable", code: "service_unavailable",
            retryAfter: 5)
    }

    /// Our own fault; the reason stands in the log, not in the answer.
    static let internalError = APIError(
        status: .internalServerError, message: "The server failed to answer this request.", type: "server_error",
        code: "server_error")

    /// Nobody reads this; the log and the counters do. 499 is nginx's number for it.
    static let clientGone = APIError(
        status: HTTPResponse.Status(code: 499), message: "The client hung up.", code: "client_gone")

    /// Nobody reads this either, since the connection was closed; the log and the counters do.
    static let clientStalled = APIError(
        status: HTTPResponse.Status(code: 499), message: "The client took nothing of its answer for too long.",
        code: "client_stalled")

    init(_ error: GenerationError) {
        switch error {
        case .unavailable(let message), .lost(let message): self = .notReady(message)
        case .overloaded(let message, let wait):
            let seconds = Int((wait / .seconds(1)).rounded(.up))
            self.init(
                status: .tooManyRequests, message: message, type: "rate_limit_error", code: "rate_limit_exceeded",
                retryAfter: max(1, seconds))
        case .tooLarge(let message):
            self.init(message: "The request is too large: \(message).", code: "request_too_large")
        case .deadline(let message):
            self.init(status: .gatewayTimeout, message: message, type: "timeout_error", code: "timeout")
        case .failed(let message):
            self = .internalError
            self.message = message
        }
    }

    /// Any error, as the client may see it.
    init(wrapping error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as GenerationError: self.init(error)
        case let error as SessionRefusal: self.init(error)
        case let error as RecordsError: self.init(error)
        case let error as StateFailure: self.init(error)
        case let error as any HTTPResponseError where error.status.code < 500:
            self.init(status: error.status, message: "\(error.status.reasonPhrase).")
        case is CancellationError: self = .notReady("The server is stopping.")
        default: self = .internalError
        }
    }
}

extension APIError {
    var response: Response { response(spelled: json) }

    /// - Parameter json: the refusal in the form that the client reads.
    func response(spelled json: JSONValue) -> Response {
        var response = Response(json: json, status: status)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if let allow { response.headers[.allow] = allow }
        if let acceptEncoding { response.headers[.acceptEncoding] = acceptEncoding }
        if endsConnection { response.headers[.connection] = "close" }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

extension Response {
    init(json: JSONValue, status: HTTPResponse.Status = .ok) {
        let body = ByteBuffer(string: json.text())
        self.init(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }
}
