internal import Hummingbird
internal import NIOCore
internal import NIOHTTPCompression

/// Reading the bodies of requests.
extension Front {
    /// The body, up to the limit. Longer ones are refused by their announced length, or as soon as they grow too long.
    func body(of request: Request, _ context: FrontContext) async throws -> HeldBody {
        let limit = config.bodyBytesMax
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw APIError.bodyTooLarge(limit: limit) }
        let body = HeldBody(bodies, bodyOwner(context))
        do {
            if context.facts.awaitsContinue { try await context.connection.sayContinue() }
            for try await buffer in request.body {
                guard body.bytes.count + buffer.readableBytes <= limit else {
                    throw APIError.bodyTooLarge(limit: limit)
                }
                try body.append(buffer, announced: announced)
            }
        } catch {
            throw refusal(of: error)
        }
        try body.dropByteOrderMark()
        return body
    }

    /// Whose share of the memory for bodies a request takes.
    func bodyOwner(_ context: FrontContext) -> BodyBudget.Owner {
        config.apiKeys.isEmpty ? .address(context.connection.clientNetwork) : .key(context.account)
    }

    /// What a client is told whose body could not be read.
    func refusal(of error: any Error) -> APIError {
        switch error {
        case let error as APIError: return error
        case let fault as RequestFault: return fault.refusal
        case NIOHTTPDecompression.DecompressionError.limit:
            var error = APIError.bodyTooLarge(limit: config.bodyBytesMax)
            error.endsConnection = true
            return error
        case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
            return .ending(
                .badRequest, "The request body is not what its Content-Encoding says, or ends too early.",
                code: "invalid_body")
        default: return .ending(.badRequest, "The request body is malformed or ends too early.", code: "invalid_body")
        }
    }
}
