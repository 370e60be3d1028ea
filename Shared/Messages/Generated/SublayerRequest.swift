// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for one layer's attention over the new rows of some sequences, which extends their live states.
package struct SublayerRequest: Sendable, Equatable {
    /// The router's instance, whose sequences they are.
    package let router: UInt64
    /// The index of the layer.
    package let layer: Int
    /// Which rows belong to which sequence, in the order of the rows of `hidden`.
    package let spans: [SequenceSpan]
    /// (rows, hidden): the normed layer input.
    package let hidden: [Float]

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, layer: Int, spans: [SequenceSpan], hidden: [Float]) {
        self.router = router
        self.layer = layer
        self.spans = spans
        self.hidden = hidden
    }
}

extension SublayerRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "SublayerRequest", bytes, minimax__cluster__v1__sublayer_request__unpack,
            minimax__cluster__v1__sublayer_request__free_unpacked, SublayerRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            var message = unsafe cMessage(in: arena)
            return try unsafe withField(hidden) { field in
                unsafe message.hidden = field
                return try unsafe encode(message, body)
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__SublayerRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            layer: Int(message.layer),
            spans: fields.array(message.spans, message.n_spans, SequenceSpan.init),
            hidden: fields.values(message.hidden, "hidden"))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__SublayerRequest {
        var message = unsafe Minimax__Cluster__V1__SublayerRequest()
        unsafe minimax__cluster__v1__sublayer_request__init(&message)
        unsafe message.router = router
        unsafe message.layer = UInt32(clamping: layer)
        unsafe message.n_spans = spans.count
        unsafe message.spans = arena.pointers(to: spans) { unsafe $0.cMessage() }
        return unsafe message
    }
}
