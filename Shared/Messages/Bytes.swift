internal import CMessages
internal import CProtobufC

/// Copies a `bytes` field that holds little-endian float32 values.
func floats(_ field: ProtobufCBinaryData, of type: String, _ name: String) throws(MessageError) -> [Float] {
    let size = MemoryLayout<Float>.size
    guard unsafe field.len % size == 0 else {
        throw MessageError(type: type, reason: "\(name) has \(unsafe field.len) bytes, which are no whole float32 values")
    }
    return unsafe [Float](unsafeUninitializedCapacity: field.len / size) { buffer, count in
        let data = unsafe field.data
        if let data = unsafe data {
            unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(start: data, count: field.len))
        }
        count = unsafe field.len / size
    }
}

/// Lends the values as a `bytes` field.
func withField<R>(_ values: [Float], _ body: (ProtobufCBinaryData) throws -> R) rethrows -> R {
    try unsafe values.withUnsafeBytes { bytes in
        // protobuf-c never writes to a message it packs.
        try unsafe body(ProtobufCBinaryData(len: bytes.count, data: UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)))
    }
}

/// A count or index of a peer as an Int.
func integer(_ value: UInt64, of type: String, _ name: String) throws(MessageError) -> Int {
    guard let result = Int(exactly: value) else { throw MessageError(type: type, reason: "\(name) is \(value), beyond every model") }
    return result
}

/// Copies a string field; protobuf-c checks that it ends, not that it is UTF-8.
func string(_ field: UnsafeMutablePointer<CChar>?) -> String {
    unsafe field.map { unsafe String(cString: $0) } ?? ""
}

/// Memory of submessages while one message is packed.
@safe final class PackingArena {
    private var blocks = unsafe [UnsafeMutableRawPointer]()

    deinit { unsafe blocks.forEach { unsafe $0.deallocate() } }

    func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T>? {
        guard !values.isEmpty else { return nil }
        let memory = UnsafeMutablePointer<T>.allocate(capacity: values.count)
        unsafe memory.initialize(from: values, count: values.count)
        unsafe blocks.append(UnsafeMutableRawPointer(memory))
        return unsafe memory
    }

    func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
        unsafe copy(text.utf8CString.map { $0 })
    }

    /// An array of pointers to copies of `values`, as protobuf-c wants repeated messages.
    func pointers<T>(to values: [T]) -> UnsafeMutablePointer<UnsafeMutablePointer<T>?>? {
        guard !values.isEmpty else { return nil }
        let items = UnsafeMutablePointer<T>.allocate(capacity: values.count)
        unsafe items.initialize(from: values, count: values.count)
        let table = UnsafeMutablePointer<UnsafeMutablePointer<T>?>.allocate(capacity: values.count)
        for index in values.indices { unsafe (table + index).initialize(to: items + index) }
        unsafe blocks.append(UnsafeMutableRawPointer(items))
        unsafe blocks.append(UnsafeMutableRawPointer(table))
        return unsafe table
    }
}
