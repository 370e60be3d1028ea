// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The kept states of an owner, and what they take: the bytes that each state alone holds, and those that are shared,
/// are together all that there are.
package struct ListStatesResponse: Sendable, Equatable {
    /// Each state.
    package let states: [KeptStateInfo]
    /// Bytes of memory that more than one state or sequence refers to, each counted once.
    package let sharedBytes: Int
    /// Bytes of memory of all live and kept states.
    package let usedBytes: Int

    /// Each parameter becomes the property of its name.
    package init(states: [KeptStateInfo], sharedBytes: Int, usedBytes: Int) {
        self.states = states
        self.sharedBytes = sharedBytes
        self.usedBytes = usedBytes
    }
}

extension ListStatesResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ListStatesResponse", bytes, minimax__cluster__v1__list_states_response__unpack,
            minimax__cluster__v1__list_states_response__free_unpacked, ListStatesResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__ListStatesResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            states: fields.array(message.states, message.n_states, KeptStateInfo.init),
            sharedBytes: fields.integer(message.shared_bytes, "shared_bytes"),
            usedBytes: fields.integer(message.used_bytes, "used_bytes"))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__ListStatesResponse {
        var message = unsafe Minimax__Cluster__V1__ListStatesResponse()
        unsafe minimax__cluster__v1__list_states_response__init(&message)
        unsafe message.n_states = states.count
        unsafe message.states = arena.pointers(to: states) { unsafe $0.cMessage() }
        unsafe message.shared_bytes = UInt64(sharedBytes)
        unsafe message.used_bytes = UInt64(usedBytes)
        return unsafe message
    }
}
