package import NIOCore

/// One call as the server's handler sees it.
package struct RPCRequest: Sendable {
    /// The `:path`, for example `/v1/experts/run`.
    package let path: String
    /// The whole body, as the caller sent it.
    package let body: ByteBuffer
    /// When the caller stops waiting; the handler's task is cancelled then.
    package let deadline: NIODeadline?
    /// W3C `traceparent`, passed through as it came.
    package let traceparent: String?
    /// Who calls, for logs: a Unix socket's path or a TCP address.
    package let peer: String
    private let answers: AnswerRoom
    private let stream: Int32

    init(
        path: String, body: ByteBuffer, deadline: NIODeadline?, traceparent: String?, peer: String, answers: AnswerRoom,
        stream: Int32
    ) {
        self.path = path
        self.body = body
        self.deadline = deadline
        self.traceparent = traceparent
        self.peer = peer
        self.answers = answers
        self.stream = stream
    }

    /// Takes room for an answer of `count` bytes until the peer has read it.
    ///
    /// - Throws: `resourceExhausted` where there is none, because the peer has not read what it asked for before.
    package func reserveAnswer(_ count: Int) throws(RPCError) {
        try answers.reserve(count, for: stream)
    }
}
