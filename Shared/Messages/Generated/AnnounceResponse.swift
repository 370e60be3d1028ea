// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// What a router answers to an announcement.
package struct AnnounceResponse: Sendable, Equatable {
    /// The router's instance.
    package let router: String
    /// The version of the router's plan; 0 while the process has no part in it.
    package let planVersion: Int
    /// Whether nothing is sent any more to this process, which is about to stop.
    package let released: Bool

    /// Each parameter becomes the property of its name.
    package init(router: String, planVersion: Int, released: Bool) {
        self.router = router
        self.planVersion = planVersion
        self.released = released
    }
}

extension AnnounceResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "AnnounceResponse", bytes, minimax__cluster__v1__announce_response__unpack,
            minimax__cluster__v1__announce_response__free_unpacked, AnnounceResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__AnnounceResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: fields.string(message.router),
            planVersion: fields.integer(message.plan_version, "plan_version"),
            released: message.released != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__AnnounceResponse {
        var message = unsafe Minimax__Cluster__V1__AnnounceResponse()
        unsafe minimax__cluster__v1__announce_response__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.plan_version = UInt64(planVersion)
        unsafe message.released = released ? 1 : 0
        return unsafe message
    }
}
