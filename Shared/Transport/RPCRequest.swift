package import NIOCore

/// One call as the server's handler sees it.
package struct RPCRequest: Sendable {
    /// The `:path`, for example `/v1/experts/run`.
    package let path: String
    package let body: ByteBuffer
    /// When the caller stops waiting; the handler's task is cancelled then.
    package let deadline: NIODeadline?
    /// W3C `traceparent`, passed through as it came.
    package let traceparent: String?
    /// Who calls, for logs: a Unix socket's path or a TCP address.
    package let peer: String

    package init(path: String, body: ByteBuffer, deadline: NIODeadline? = nil, traceparent: String? = nil, peer: String = "") {
        self.path = path
        self.body = body
        self.deadline = deadline
        self.traceparent = traceparent
        self.peer = peer
    }
}
