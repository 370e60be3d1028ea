internal import NIOCore
internal import NIOHTTP1

/// The body of an answer, piece by piece as it arrives.
package struct RESTBody: AsyncSequence {
    /// Some bytes of the body, in order.
    package typealias Element = [UInt8]

    /// The request as errors call it: method, address and path.
    let name: String
    private let parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

    init(name: String, parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) {
        self.name = name
        self.parts = parts.makeAsyncIterator()
    }

    func head() async throws -> RESTClient.Head {
        var parts = parts
        while let part = try await parts.next(isolation: #isolation) {
            // An interim answer (1xx) is not the answer.
            if case .head(let head) = part, head.status.code >= 200 {
                return RESTClient.Head(status: Int(head.status.code), headers: head.headers)
            }
        }
        let reason = "the connection was closed before an answer came"
        throw RESTError(request: name, kind: .closedEarly, reason: reason)
    }

    /// The first `bytes` bytes or so as text, or all there is: what an error says of itself.
    package func beginning(_ bytes: Int) async throws -> String {
        var found: [UInt8] = []
        for try await piece in self {
            found += piece
            if found.count >= bytes { break }
        }
        return String(decoding: found.prefix(bytes), as: UTF8.self)
    }

    /// The pieces can be read once, so this is to be called once.
    package func makeAsyncIterator() -> Iterator { Iterator(name: name, parts: parts) }

    /// Hands over one piece after the other.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let name: String
        fileprivate var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

        /// The next piece; nil at the body's end.
        package mutating func next() async throws -> [UInt8]? { try await next(isolation: #isolation) }

        /// The next piece; nil at the body's end.
        ///
        /// - Throws: `RESTError` when the connection is closed before the end.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            while let part = try await parts.next(isolation: actor) {
                switch part {
                case .body(let bytes): return Array(bytes.readableBytesView)
                case .end: return nil
                case .head: continue
                }
            }
            let reason = "the connection was closed in the middle of the answer"
            throw RESTError(request: name, kind: .closedEarly, reason: reason)
        }
    }
}
