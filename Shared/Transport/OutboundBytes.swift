import NIOCore

/// Bytes for the peer, in order. Small pieces are gathered in one buffer; large ones stay slices of the callers' own
/// buffers, so that a big body is never copied on its way to the socket.
struct OutboundBytes {
    private(set) var count = 0
    private var whole: [ByteBuffer] = []
    private var gathered = ByteBuffer()
    /// `gathered` is on its way; it is cleared before its next use, not now, when the socket still holds its memory.
    private var isHandedOver = false

    /// Below this, copying costs less than one more element in the socket's gather list.
    private static let sliceBytesMin = 32 << 10

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        openGathered()
        unsafe gathered.writeBytes(bytes)
        count += bytes.count
    }

    mutating func append(_ slice: ByteBuffer) {
        count += slice.readableBytes
        if slice.readableBytes < Self.sliceBytesMin {
            openGathered()
            gathered.writeImmutableBuffer(slice)
        } else {
            closeGathered()
            whole.append(slice)
        }
    }

    /// Hands over the pieces, in order.
    mutating func take(_ body: (ByteBuffer) -> Void) {
        closeGathered()
        for piece in whole { body(piece) }
        whole.removeAll(keepingCapacity: true)
        count = 0
    }

    private mutating func openGathered() {
        guard isHandedOver else { return }
        gathered.clear()        // keeps the memory if the socket has let go of it, takes new memory otherwise
        isHandedOver = false
    }

    private mutating func closeGathered() {
        guard !isHandedOver, gathered.readableBytes > 0 else { return }
        whole.append(gathered)
        isHandedOver = true
    }
}
