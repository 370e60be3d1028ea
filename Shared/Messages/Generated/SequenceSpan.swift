// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The new rows of one sequence.
package struct SequenceSpan: Sendable, Hashable {
    /// The sequence's id.
    package let sequence: SequenceID
    /// The position of the first row, which must be the sequence's length in this layer.
    package let start: Int
    /// How many rows there are.
    package let count: Int

    /// Each parameter becomes the property of its name.
    package init(sequence: SequenceID, start: Int, count: Int) {
        self.sequence = sequence
        self.start = start
        self.count = count
    }
}

extension SequenceSpan {
    init(_ message: Minimax__Cluster__V1__SequenceSpan, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            sequence: SequenceID(rawValue: message.sequence),
            start: fields.integer(message.start, "start"),
            count: Int(message.count))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__SequenceSpan {
        var message = unsafe Minimax__Cluster__V1__SequenceSpan()
        unsafe minimax__cluster__v1__sequence_span__init(&message)
        unsafe message.sequence = sequence.rawValue
        unsafe message.start = UInt64(start)
        unsafe message.count = UInt32(clamping: count)
        return unsafe message
    }
}
