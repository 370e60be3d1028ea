/// Why a call failed: one of a closed set of codes, and a sentence for people.
///
/// The same value arrives at the client that the server's handler threw: the code travels in a header,
/// the sentence in the body (see `ServerAnswer` and `ClientCall`).
package struct RPCError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure that a caller can tell apart.
    package enum Code: Int, Sendable, CaseIterable {
        /// The request itself is wrong; sending it again will not help.
        case invalidArgument
        /// Nothing lives at this path, or the thing asked for is not here.
        case notFound
        /// Right request, wrong moment: the server is in a state in which it cannot be done.
        case failedPrecondition
        /// A limit was reached: message size, calls at a time, memory.
        case resourceExhausted
        /// The answer did not come in time.
        case deadlineExceeded
        /// The peer is not there, or went away during the call. Another peer may be asked.
        case unavailable
        /// The caller gave up.
        case cancelled
        /// The peer said something that HTTP/2 or this protocol does not allow.
        case protocolError
        /// The server's handler failed in a way it did not expect.
        case internalError

        /// How the code is spelt in the `x-error-code` header.
        package var name: String { "\(self)" }

        /// Reads the spelling of the `x-error-code` header; nil where no code is spelt so.
        package init?(name: String) {
            guard let code = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = code
        }
    }

    /// The kind of failure, for programs to act on.
    package let code: Code
    /// What went wrong, in a sentence for people.
    package let message: String

    /// Makes a failure of a known kind, with a sentence for people.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code's name and the sentence, for logs.
    package var description: String { "\(code.name): \(message)" }
}

extension RPCError.Code {
    /// The `:status` of an answer that carries this code. 499 is nginx's "client closed request".
    var httpStatus: Int {
        switch self {
        case .invalidArgument: 400
        case .notFound: 404
        case .failedPrecondition: 412
        case .resourceExhausted: 429
        case .cancelled: 499
        case .internalError: 500
        case .protocolError: 502
        case .unavailable: 503
        case .deadlineExceeded: 504
        }
    }

    /// What a status means when no `x-error-code` came with it, as from a proxy or a foreign server.
    init(httpStatus: Int) {
        self =
            switch httpStatus {
            case 404: .notFound
            case 408, 504: .deadlineExceeded
            case 409, 412: .failedPrecondition
            case 413, 429, 431: .resourceExhausted
            case 499: .cancelled
            case 503: .unavailable
            case 400 ..< 500: .invalidArgument
            case 500: .internalError
            default: .protocolError
            }
    }

    /// What a reset stream means to the caller; `http2Code` as in RFC 9113 section 7.
    init(resetCode http2Code: UInt32) {
        self =
            switch http2Code {
            case HTTP2Code.cancel: .cancelled
            case HTTP2Code.refusedStream: .unavailable
            case HTTP2Code.enhanceYourCalm: .resourceExhausted
            case HTTP2Code.internalError: .internalError
            default: .protocolError
            }
    }
}

/// The error codes of RFC 9113 section 7 that this transport sends or understands.
enum HTTP2Code {
    static let noError: UInt32 = 0x0
    static let protocolError: UInt32 = 0x1
    static let internalError: UInt32 = 0x2
    static let flowControlError: UInt32 = 0x3
    static let streamClosed: UInt32 = 0x5
    static let refusedStream: UInt32 = 0x7
    static let cancel: UInt32 = 0x8
    static let enhanceYourCalm: UInt32 = 0xb
}
