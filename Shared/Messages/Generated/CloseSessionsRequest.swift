// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Frees sessions. Unknown ids are no error. Parked sessions are closed as well.
package struct CloseSessionsRequest: Sendable, Equatable {
    /// The router's instance, whose sessions they are.
    package let router: UInt64
    /// The ids of the sessions.
    package let sessions: [UInt64]
    /// Whether to close all sessions of this router instead.
    package let all: Bool

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, sessions: [UInt64], all: Bool) {
        self.router = router
        self.sessions = sessions
        self.all = all
    }
}

extension CloseSessionsRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "CloseSessionsRequest", bytes, minimax__cluster__v1__close_sessions_request__unpack,
            minimax__cluster__v1__close_sessions_request__free_unpacked, CloseSessionsRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__CloseSessionsRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            sessions: fields.array(message.sessions, message.n_sessions),
            all: message.all != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__CloseSessionsRequest {
        var message = unsafe Minimax__Cluster__V1__CloseSessionsRequest()
        unsafe minimax__cluster__v1__close_sessions_request__init(&message)
        unsafe message.router = router
        unsafe message.n_sessions = sessions.count
        unsafe message.sessions = arena.copy(sessions)
        unsafe message.all = all ? 1 : 0
        return unsafe message
    }
}
