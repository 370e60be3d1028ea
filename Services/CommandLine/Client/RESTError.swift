internal import Console
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Why a request got no answer.
package struct RESTError: Error, CustomStringConvertible {
    /// What a program may want to tell apart.
    package enum Kind: Sendable { case badURL, cannotConnect, timedOut, closedEarly, badAnswer }

    /// Method, address and path; of a URL that is none, the URL.
    let request: String
    /// Which of the possible failures it is.
    package let kind: Kind
    /// The failure in words, without the request.
    package let reason: String
    /// The request and the reason, for people.
    package var description: String { "\(request): \(reason)" }

    static func reason(ofConnect error: any Error) -> String {
        if let all = error as? NIOConnectionError, let first = all.connectionErrors.first {
            return reason(ofConnect: first.error)
        }
        if let error = error as? IOError, [ECONNREFUSED, ENOENT].contains(error.errnoCode) {
            return "nothing listens there"
        }
        return "cannot connect: \(plainWords(of: error))"
    }

    /// The same error with the request's name; what is none of ours stays as it is.
    static func mapping(_ error: any Error, request: String) -> any Error {
        switch error {
        case let error as TimeLimitHandler.Expired:
            RESTError(request: request, kind: .timedOut, reason: error.description)
        case is HTTPParserError:
            RESTError(
                request: request, kind: .badAnswer, reason: "the answer is no HTTP/1.1, or ends too early (\(error))")
        case is IOError:
            RESTError(request: request, kind: .closedEarly, reason: "the connection broke: \(plainWords(of: error))")
        default: error
        }
    }
}
