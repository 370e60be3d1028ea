internal import Hummingbird
internal import JSON

extension Request {
    /// Whether its client speaks Anthropic's API, and so reads errors and models in its form.
    var isForMessages: Bool {
        // As the router finds it, which passes over empty parts.
        let path = "/" + uri.path.split(separator: "/").joined(separator: "/")
        if path == Endpoints.messages || path.hasPrefix(Endpoints.messages + "/") { return true }
        guard path == Endpoints.models || path.hasPrefix(Endpoints.models + "/") else { return false }
        return headers[.anthropicVersion] != nil
    }
}

extension HTTPFields.Element.Name {
    static let anthropicVersion = Self("anthropic-version")!
    /// By which Anthropic's clients know a request.
    static let anthropicRequestID = Self("request-id")!
    /// The key of clients that send no `Authorization`.
    static let apiKey = Self("x-api-key")!
}

extension APIError {
    /// The refusal in the form that the request's client reads.
    func response(to request: Request, id: String) -> Response {
        response(spelled: request.isForMessages ? messagesJSON(requestID: id) : json)
    }

    /// In Anthropic's form.
    func messagesJSON(requestID: String? = nil) -> JSONValue {
        JSONValue(
            ["type": "error", "error": ["type": .string(messagesType), "message": .string(messagesMessage)]],
            and: requestID.map { [JSONValue.Member(name: "request_id", value: .string($0))] } ?? [])
    }

    private var messagesType: String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503: "overloaded_error"
        case 408, 504: "timeout_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    /// By these first words clients know that they have to shorten the conversation.
    private var messagesMessage: String {
        code == "context_length_exceeded" ? "prompt is too long: \(message)" : message
    }
}
