// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The new rows of one session.
package struct SessionSpan: Sendable, Hashable {
    /// The session's id.
    package let session: UInt64
    /// The position of the first row, which must be the session's length in this layer.
    package let start: Int
    /// How many rows there are.
    package let count: Int

    /// Each parameter becomes the property of its name.
    package init(session: UInt64, start: Int, count: Int) {
        self.session = session
        self.start = start
        self.count = count
    }
}

extension SessionSpan {
    init(_ message: Minimax__Cluster__V1__SessionSpan, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            session: message.session,
            start: fields.integer(message.start, "start"),
            count: Int(message.count))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__SessionSpan {
        var message = unsafe Minimax__Cluster__V1__SessionSpan()
        unsafe minimax__cluster__v1__session_span__init(&message)
        unsafe message.session = session
        unsafe message.start = UInt64(start)
        unsafe message.count = UInt32(clamping: count)
        return unsafe message
    }
}
