// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for a part of a kept state's file, which is written first if there is none. The parts of one file are equal for
/// as long as the state is on disk.
package struct ExportStateRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose state it is.
    package let owner: String
    /// The id of the state.
    package let state: StateID
    /// Where the part begins in the file.
    package let offset: Int
    /// Most bytes of the part; the service answers with fewer, at most 1 MiB, but not with none before the file's end.
    package let bytesMax: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, owner: String, state: StateID, offset: Int, bytesMax: Int) {
        self.router = router
        self.owner = owner
        self.state = state
        self.offset = offset
        self.bytesMax = bytesMax
    }
}

extension ExportStateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ExportStateRequest", bytes, minimax__cluster__v1__export_state_request__unpack,
            minimax__cluster__v1__export_state_request__free_unpacked, ExportStateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__ExportStateRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner),
            state: StateID(rawValue: message.state),
            offset: fields.integer(message.offset, "offset"),
            bytesMax: fields.integer(message.bytes_max, "bytes_max"))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__ExportStateRequest {
        var message = unsafe Minimax__Cluster__V1__ExportStateRequest()
        unsafe minimax__cluster__v1__export_state_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        unsafe message.state = state.rawValue
        unsafe message.offset = UInt64(offset)
        unsafe message.bytes_max = UInt64(bytesMax)
        return unsafe message
    }
}
