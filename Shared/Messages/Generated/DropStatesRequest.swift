// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Drops kept states, from memory and from disk. Sequences that began from them go on. Unknown ids are no error.
package struct DropStatesRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose states they are.
    package let owner: String
    /// The ids of the states.
    package let states: [StateID]

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String, states: [StateID]) {
        self.router = router
        self.owner = owner
        self.states = states
    }
}

extension DropStatesRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DropStatesRequest", bytes, minimax__cluster__v1__drop_states_request__unpack,
            minimax__cluster__v1__drop_states_request__free_unpacked, DropStatesRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__DropStatesRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner),
            states: fields.array(message.states, message.n_states).map(StateID.init(rawValue:)))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__DropStatesRequest {
        var message = unsafe Minimax__Cluster__V1__DropStatesRequest()
        unsafe minimax__cluster__v1__drop_states_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        unsafe message.n_states = states.count
        unsafe message.states = arena.copy(states.map(\.rawValue))
        return unsafe message
    }
}
