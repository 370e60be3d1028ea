// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for a lightning layer's state after the sequence's last token, decayed to it. For inspection and comparison.
package struct StateRequest: Sendable, Equatable {
    /// The router's instance, whose sequence it is.
    package let router: UInt64
    /// The sequence's id.
    package let sequence: SequenceID
    /// The index of the layer.
    package let layer: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, sequence: SequenceID, layer: Int) {
        self.router = router
        self.sequence = sequence
        self.layer = layer
    }
}

extension StateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "StateRequest", bytes, minimax__cluster__v1__state_request__unpack,
            minimax__cluster__v1__state_request__free_unpacked, StateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__StateRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            sequence: SequenceID(rawValue: message.sequence),
            layer: Int(message.layer))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__StateRequest {
        var message = unsafe Minimax__Cluster__V1__StateRequest()
        unsafe minimax__cluster__v1__state_request__init(&message)
        unsafe message.router = router
        unsafe message.sequence = sequence.rawValue
        unsafe message.layer = UInt32(clamping: layer)
        return unsafe message
    }
}
