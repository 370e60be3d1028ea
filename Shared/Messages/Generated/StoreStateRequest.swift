// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Writes a kept state to disk; one that is there already is not written again. It fails with `resource-exhausted`
/// where the disk, or what the service may use of it, is full.
package struct StoreStateRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose state it is.
    package let owner: String
    /// The id of the state.
    package let state: StateID
    /// Whether its memory is freed then.
    package let leavesMemory: Bool

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String, state: StateID, leavesMemory: Bool = false) {
        self.router = router
        self.owner = owner
        self.state = state
        self.leavesMemory = leavesMemory
    }
}

extension StoreStateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "StoreStateRequest", bytes, minimax__cluster__v1__store_state_request__unpack,
            minimax__cluster__v1__store_state_request__free_unpacked, StoreStateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__StoreStateRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner),
            state: StateID(rawValue: message.state),
            leavesMemory: message.leaves_memory != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__StoreStateRequest {
        var message = unsafe Minimax__Cluster__V1__StoreStateRequest()
        unsafe minimax__cluster__v1__store_state_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        unsafe message.state = state.rawValue
        unsafe message.leaves_memory = leavesMemory ? 1 : 0
        return unsafe message
    }
}
