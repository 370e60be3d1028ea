package import Logging
package import Messages
package import NIOCore
package import Transport

/// What a handler knows of a call beside the request itself.
package struct CallContext: Sendable {
    /// The endpoint's path, for example `/minimax.cluster.v1/experts/run`.
    package let path: String
    /// Who calls, for logs: a Unix socket's path or a TCP address.
    package let peer: String
    /// When the caller stops waiting; nil where it did not say.
    package let deadline: NIODeadline?
    /// W3C's trace context of the call; nil where it has none.
    package let traceparent: String?
    /// The router that calls; nil where the request does not name one.
    package internal(set) var router: RouterInstance?

    /// Without arguments, the context of a call that nobody made, and that may take any time.
    package init(
        path: String = "", peer: String = "", deadline: NIODeadline? = nil, traceparent: String? = nil,
        router: RouterInstance? = nil
    ) {
        self.path = path
        self.peer = peer
        self.deadline = deadline
        self.traceparent = traceparent
        self.router = router
    }

    /// Of a request that is not decoded yet.
    init(_ call: RPCRequest) {
        self.init(path: call.path, peer: call.peer, deadline: call.deadline, traceparent: call.traceparent)
    }

    /// To be called before work that takes long: work that nobody waits for is not begun.
    ///
    /// - Throws: `.deadlineExceeded` once the deadline is reached.
    package func checkDeadline(at now: @autoclosure () -> NIODeadline = .now()) throws(RPCError) {
        guard let deadline, deadline <= now() else { return }
        throw RPCError(.deadlineExceeded, "\(path) was not begun: its deadline had passed")
    }

    /// What log lines say of the call.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["call": "\(path)", "peer": "\(peer)"]
        if let traceparent { metadata["trace"] = "\(traceparent)" }
        if let router { metadata["router"] = "\(router)" }
        return metadata
    }
}
