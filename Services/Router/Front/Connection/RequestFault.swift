internal import Hummingbird

/// What ends a request while it is still being read.
enum RequestFault: Error, Equatable {
    case slowHead, slowBody, wastefulChunks, excessiveGrowth, malformed

    private typealias Growth = CompressedBodyFeeder.Growth

    var refusal: APIError {
        var error =
            switch self {
            case .slowHead:
                APIError(
                    status: .requestTimeout, message: "The head of the request took too long to arrive.",
                    code: "request_timeout")
            case .slowBody:
                APIError(
                    status: .requestTimeout, message: "The body of the request arrived too slowly.",
                    code: "request_timeout")
            case .wastefulChunks:
                APIError(message: "The request's body has far more chunk framing than content.", code: "invalid_body")
            case .excessiveGrowth:
                APIError(
                    status: .contentTooLarge,
                    message:
                        """
                        The compressed request body grows to more than \(Growth.ratioMax) times its size; beyond \
                        \(Growth.freeBytes) bytes it may not. Send it uncompressed.
                        """,
                    code: "request_too_large")
            case .malformed: APIError(message: "These bytes are no HTTP/1.1 request.", code: "malformed_request")
            }
        error.endsConnection = true
        return error
    }
}
