// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks what was given with a state when it was kept.
package struct DescribeStateRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose state it is.
    package let owner: String
    /// The id of the state.
    package let state: StateID

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String, state: StateID) {
        self.router = router
        self.owner = owner
        self.state = state
    }
}

extension DescribeStateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DescribeStateRequest", bytes, minimax__cluster__v1__describe_state_request__unpack,
            minimax__cluster__v1__describe_state_request__free_unpacked, DescribeStateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__DescribeStateRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner),
            state: StateID(rawValue: message.state))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__DescribeStateRequest {
        var message = unsafe Minimax__Cluster__V1__DescribeStateRequest()
        unsafe minimax__cluster__v1__describe_state_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        unsafe message.state = state.rawValue
        return unsafe message
    }
}
