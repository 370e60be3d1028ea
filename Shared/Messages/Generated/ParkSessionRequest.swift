// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Moves a session's state from memory to the service's disk and gives back what was reserved for it. Until it is
/// resumed, other calls that name it fail, but for close, which discards it. If the state cannot be written, the call
/// fails and the session stays in memory.
package struct ParkSessionRequest: Sendable, Equatable {
    /// The router's instance, whose session it is.
    package let router: UInt64
    /// The session's id.
    package let session: UInt64

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, session: UInt64) {
        self.router = router
        self.session = session
    }
}

extension ParkSessionRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ParkSessionRequest", bytes, minimax__cluster__v1__park_session_request__unpack,
            minimax__cluster__v1__park_session_request__free_unpacked, ParkSessionRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__ParkSessionRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            session: message.session)
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ParkSessionRequest {
        var message = unsafe Minimax__Cluster__V1__ParkSessionRequest()
        unsafe minimax__cluster__v1__park_session_request__init(&message)
        unsafe message.router = router
        unsafe message.session = session
        return unsafe message
    }
}
