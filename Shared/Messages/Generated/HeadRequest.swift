// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for what is needed of some rows' logits to choose tokens, which is seldom all of them. A service answers for
/// the ids whose rows of the head it has; ids are those of the whole vocabulary everywhere. A logit that is NaN counts
/// as minus infinity.
package struct HeadRequest: Sendable, Equatable {
    /// (rows, hidden), after the final norm.
    package let hidden: [Float]
    /// What is wanted of each row.
    package let questions: [HeadQuestion]
    /// Ids that are candidates of no row, as lengths that alternate: from id 0 on so many that may be candidates, so
    /// many that may not, and so on.
    package let excluded: [UInt32]
    /// The part of attention that is asked, from 0; a service that computes another one by now does not answer.
    package let partIndex: Int
    /// Of how many parts; 0: the service answers whatever it computes.
    package let partCount: Int

    /// Each parameter becomes the property of its name.
    package init(
        hidden: [Float], questions: [HeadQuestion], excluded: [UInt32] = [], partIndex: Int = 0, partCount: Int = 0
    ) {
        self.hidden = hidden
        self.questions = questions
        self.excluded = excluded
        self.partIndex = partIndex
        self.partCount = partCount
    }
}

extension HeadRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "HeadRequest", bytes, minimax__cluster__v1__head_request__unpack,
            minimax__cluster__v1__head_request__free_unpacked, HeadRequest.init)
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

    init(_ message: Minimax__Cluster__V1__HeadRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            hidden: fields.values(message.hidden, "hidden"),
            questions: fields.array(message.questions, message.n_questions, HeadQuestion.init),
            excluded: fields.array(message.excluded, message.n_excluded),
            partIndex: Int(message.part_index),
            partCount: Int(message.part_count))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__HeadRequest {
        var message = unsafe Minimax__Cluster__V1__HeadRequest()
        unsafe minimax__cluster__v1__head_request__init(&message)
        unsafe message.n_questions = questions.count
        unsafe message.questions = arena.pointers(to: questions) { unsafe $0.cMessage(in: arena) }
        unsafe message.n_excluded = excluded.count
        unsafe message.excluded = arena.copy(excluded)
        unsafe message.part_index = UInt32(clamping: partIndex)
        unsafe message.part_count = UInt32(clamping: partCount)
        return unsafe message
    }
}
