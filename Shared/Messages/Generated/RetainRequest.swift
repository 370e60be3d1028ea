// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Tells a host which of the units that it holds for this router to keep; it drops the others. Calls under way end
/// well.
package struct RetainRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: String
    /// The units to keep.
    package let units: [ExpertUnit]

    /// Each parameter becomes the property of its name.
    package init(router: String, units: [ExpertUnit]) {
        self.router = router
        self.units = units
    }
}

extension RetainRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "RetainRequest", bytes, minimax__cluster__v1__retain_request__unpack,
            minimax__cluster__v1__retain_request__free_unpacked, RetainRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__RetainRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: fields.string(message.router),
            units: fields.array(message.units, message.n_units, ExpertUnit.init))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__RetainRequest {
        var message = unsafe Minimax__Cluster__V1__RetainRequest()
        unsafe minimax__cluster__v1__retain_request__init(&message)
        unsafe message.router = arena.copy(router)
        unsafe message.n_units = units.count
        unsafe message.units = arena.pointers(to: units) { unsafe $0.cMessage() }
        return unsafe message
    }
}
