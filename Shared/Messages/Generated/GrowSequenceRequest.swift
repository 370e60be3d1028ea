// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Grants an open sequence memory for more positions. If there is none the call fails, and the sequence is as it was.
package struct GrowSequenceRequest: Sendable, Equatable {
    /// The router's instance, whose sequence it is.
    package let router: UInt64
    /// The sequence's id.
    package let sequence: SequenceID
    /// How many positions the sequence may have from now on; fewer than before change nothing.
    package let tokensMax: Int

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, sequence: SequenceID, tokensMax: Int) {
        self.router = router
        self.sequence = sequence
        self.tokensMax = tokensMax
    }
}

extension GrowSequenceRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "GrowSequenceRequest", bytes, minimax__cluster__v1__grow_sequence_request__unpack,
            minimax__cluster__v1__grow_sequence_request__free_unpacked, GrowSequenceRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__GrowSequenceRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            sequence: SequenceID(rawValue: message.sequence),
            tokensMax: fields.integer(message.tokens_max, "tokens_max"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__GrowSequenceRequest {
        var message = unsafe Minimax__Cluster__V1__GrowSequenceRequest()
        unsafe minimax__cluster__v1__grow_sequence_request__init(&message)
        unsafe message.router = router
        unsafe message.sequence = sequence.rawValue
        unsafe message.tokens_max = UInt64(tokensMax)
        return unsafe message
    }
}
