import NIOCore

/// A body on its way in: exactly as many bytes as its head announced, in one buffer of that size.
///
/// The buffer is made when the first byte comes, so an announcement alone costs nothing; and the system gives
/// memory to a large buffer page by page as it is filled, so an announcement and one byte cost a page.
/// What many announcements may add up to is the business of `WindowBudget`.
struct InboundBody {
    let announced: Int
    private(set) var bytes = ByteBuffer()

    init(announced: Int) {
        self.announced = announced
    }

    mutating func append(_ chunk: ByteBuffer) throws(RPCError) {
        let count = chunk.readableBytes
        guard count <= announced - bytes.readableBytes else {
            throw RPCError(.protocolError, "a body is longer than its content-length, \(announced)")
        }
        if bytes.capacity < announced { bytes.reserveCapacity(announced) }
        bytes.writeImmutableBuffer(chunk)
    }

    func complete() throws(RPCError) -> ByteBuffer {
        guard bytes.readableBytes == announced else {
            throw RPCError(
                .protocolError, "a body ended after \(bytes.readableBytes) bytes, its content-length is \(announced)")
        }
        return bytes
    }
}
