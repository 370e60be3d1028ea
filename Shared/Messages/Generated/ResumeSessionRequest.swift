// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Reserves memory for a parked session, as open does and with open's error where there is none, and brings its state
/// back, byte for byte. If the call fails the session stays parked, unless the state on disk is damaged: then the error
/// says that it is lost, and the session is no more.
package struct ResumeSessionRequest: Sendable, Equatable {
    /// The router's instance, whose session it is.
    package let router: UInt64
    /// The session's id.
    package let session: UInt64
    /// How many positions the session may have from now on; 0 if as many as before.
    package let tokensMax: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, session: UInt64, tokensMax: Int = 0) {
        self.router = router
        self.session = session
        self.tokensMax = tokensMax
    }
}

extension ResumeSessionRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ResumeSessionRequest", bytes, minimax__cluster__v1__resume_session_request__unpack,
            minimax__cluster__v1__resume_session_request__free_unpacked, ResumeSessionRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__ResumeSessionRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            session: message.session,
            tokensMax: fields.integer(message.tokens_max, "tokens_max"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ResumeSessionRequest {
        var message = unsafe Minimax__Cluster__V1__ResumeSessionRequest()
        unsafe minimax__cluster__v1__resume_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        unsafe message.tokens_max = UInt64(tokensMax)
        return unsafe message
    }
}
