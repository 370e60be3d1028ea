internal import CMessages
internal import CProtobufC

typealias Unpack<Message> = (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?
typealias Free<Message> = (UnsafeMutablePointer<Message>?, UnsafeMutablePointer<ProtobufCAllocator>?) -> Void

/// Unpacks `bytes`, lends the C message to `body` and frees it.
func unpacking<Message, R>(
    _ type: String, _ bytes: RawSpan, _ unpack: Unpack<Message>, _ free: Free<Message>, _ body: (Message) throws(MessageError) -> R
) throws(MessageError) -> R {
    let message = unsafe bytes.withUnsafeBytes { bytes in
        unsafe unpack(nil, bytes.count, bytes.bindMemory(to: UInt8.self).baseAddress)
    }
    guard let message = unsafe message else { throw MessageError(type: type, reason: "\(bytes.byteCount) bytes are no such message") }
    defer { unsafe free(message, nil) }
    return try unsafe body(message.pointee)
}

/// Packs a C message whose first member is protobuf-c's base, as every generated one's is.
func packing<Message, R>(_ message: Message, _ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
    try unsafe withUnsafePointer(to: message) { message in
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        return try unsafe body(size) { buffer in
            precondition(buffer.count == size, "a buffer of \(buffer.count) bytes for a message of \(size)")
            if size > 0 { _ = unsafe protobuf_c_message_pack(base, buffer.bindMemory(to: UInt8.self).baseAddress) }
        }
    }
}

/// Repeated submessages as a Swift array.
func array<Message, R>(
    _ items: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int, _ body: (Message) throws(MessageError) -> R
) throws(MessageError) -> [R] {
    var result: [R] = []
    result.reserveCapacity(count)
    for index in 0 ..< count {
        if let item = unsafe items?[index] { result.append(try unsafe body(item.pointee)) }
    }
    return result
}
