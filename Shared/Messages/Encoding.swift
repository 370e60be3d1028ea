internal import CProtobufC

/// Packs a C message whose first member is protobuf-c's base, as every generated one's is.
func encode<Message, R>(
    _ message: Message, _ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R
) rethrows -> R {
    try unsafe withUnsafePointer(to: message) { message in
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        return try unsafe body(size) { buffer in
            precondition(buffer.count == size, "a buffer of \(buffer.count) bytes for a message of \(size)")
            if size > 0 { _ = unsafe protobuf_c_message_pack(base, buffer.bindMemory(to: UInt8.self).baseAddress) }
        }
    }
}

/// Lends the values' memory as a `bytes` field: activations are large, and not copied before they are packed.
func withField<Value: WireValue, R>(
    _ values: [Value], _ body: (ProtobufCBinaryData) throws -> R
) rethrows -> R {
    try unsafe values.withUnsafeBytes { bytes in
        // protobuf-c never writes to a message that it packs.
        let data = unsafe UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        return try unsafe body(ProtobufCBinaryData(len: bytes.count, data: data))
    }
}

/// Owns what a C message points to, until it is packed.
@safe final class EncodingArena {
    private var blocks = unsafe [UnsafeMutableRawPointer]()

    deinit {
        // swift-format-ignore
        for unsafe block in unsafe blocks { unsafe block.deallocate() }
    }

    func copy<Number: BitwiseCopyable>(_ numbers: [Number]) -> UnsafeMutablePointer<Number>? {
        unsafe numbers.withUnsafeBufferPointer { unsafe copy($0) }
    }

    func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
        unsafe text.utf8CString.withUnsafeBufferPointer { unsafe copy($0) }
    }

    private func copy<T: BitwiseCopyable>(_ values: UnsafeBufferPointer<T>) -> UnsafeMutablePointer<T>? {
        guard !values.isEmpty else { return nil }
        let memory = unsafe allocate(T.self, values.count)
        _ = unsafe memory.initialize(fromContentsOf: values)
        return memory.baseAddress
    }

    /// The C messages of a message's parts, as protobuf-c wants them: an array of pointers.
    func pointers<Part, Message>(
        to parts: [Part], _ message: (Part) -> Message
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message>?>? {
        guard !parts.isEmpty else { return nil }
        let messages = unsafe allocate(Message.self, parts.count)
        let pointers = unsafe allocate(UnsafeMutablePointer<Message>?.self, parts.count)
        for index in parts.indices {
            let place = unsafe messages.baseAddress! + index
            unsafe place.initialize(to: message(parts[index]))
            unsafe pointers.initializeElement(at: index, to: place)
        }
        return pointers.baseAddress
    }

    private func allocate<T>(_: T.Type, _ count: Int) -> UnsafeMutableBufferPointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: count)
        if let base = memory.baseAddress { unsafe blocks.append(UnsafeMutableRawPointer(base)) }
        return unsafe memory
    }
}
