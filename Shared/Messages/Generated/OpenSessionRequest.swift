// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Reserves memory for a session.
package struct OpenSessionRequest: Sendable, Equatable {
    /// The router's instance, whose session it will be.
    package let router: UInt64
    /// The session's id, which the router chooses; it is unique while the router lives.
    package let session: UInt64
    /// How many positions the session may have, until it is grown.
    package let tokensMax: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, session: UInt64, tokensMax: Int) {
        self.router = router
        self.session = session
        self.tokensMax = tokensMax
    }
}

extension OpenSessionRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "OpenSessionRequest", bytes, minimax__cluster__v1__open_session_request__unpack,
            minimax__cluster__v1__open_session_request__free_unpacked, OpenSessionRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__OpenSessionRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            session: message.session,
            tokensMax: fields.integer(message.tokens_max, "tokens_max"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__OpenSessionRequest {
        var message = unsafe Minimax__Cluster__V1__OpenSessionRequest()
        unsafe minimax__cluster__v1__open_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        unsafe message.tokens_max = UInt64(tokensMax)
        return unsafe message
    }
}
