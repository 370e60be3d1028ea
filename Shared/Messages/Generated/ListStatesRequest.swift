// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for all states of an owner, but for those without tokens that another router keeps under the same name.
package struct ListStatesRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose states.
    package let owner: String

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String) {
        self.router = router
        self.owner = owner
    }
}

extension ListStatesRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ListStatesRequest", bytes, minimax__cluster__v1__list_states_request__unpack,
            minimax__cluster__v1__list_states_request__free_unpacked, ListStatesRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__ListStatesRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__ListStatesRequest {
        var message = unsafe Minimax__Cluster__V1__ListStatesRequest()
        unsafe minimax__cluster__v1__list_states_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        return unsafe message
    }
}
