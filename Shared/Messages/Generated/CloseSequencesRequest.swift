// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Ends sequences and frees what they alone hold. Unknown ids are no error.
package struct CloseSequencesRequest: Sendable, Equatable {
    /// The router's instance, whose sequences they are.
    package let router: UInt64
    /// The ids of the sequences.
    package let sequences: [SequenceID]
    /// Whether to close all sequences of this router instead.
    package let all: Bool

    /// Each parameter becomes the property of its name.
    package init(router: UInt64 = 0, sequences: [SequenceID], all: Bool) {
        self.router = router
        self.sequences = sequences
        self.all = all
    }
}

extension CloseSequencesRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "CloseSequencesRequest", bytes, minimax__cluster__v1__close_sequences_request__unpack,
            minimax__cluster__v1__close_sequences_request__free_unpacked, CloseSequencesRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__CloseSequencesRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            router: message.router,
            sequences: fields.array(message.sequences, message.n_sequences).map(SequenceID.init(rawValue:)),
            all: message.all != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__CloseSequencesRequest {
        var message = unsafe Minimax__Cluster__V1__CloseSequencesRequest()
        unsafe minimax__cluster__v1__close_sequences_request__init(&message)
        unsafe message.router = router
        unsafe message.n_sequences = sequences.count
        unsafe message.sequences = arena.copy(sequences.map(\.rawValue))
        unsafe message.all = all ? 1 : 0
        return unsafe message
    }
}
