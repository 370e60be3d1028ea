internal import CProtobufC

typealias Unpack<Message> = (
    UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
) -> UnsafeMutablePointer<Message>?
typealias Free<Message> = (UnsafeMutablePointer<Message>?, UnsafeMutablePointer<ProtobufCAllocator>?) -> Void

/// Unpacks a peer's bytes, has the C message copied to a Swift value, and frees it.
///
/// - Parameter type: the message's name, for errors.
func decode<Message, Value>(
    _ type: String, _ bytes: RawSpan, _ unpack: Unpack<Message>, _ free: Free<Message>,
    _ copy: (Message, FieldReader) throws(MessageError) -> Value
) throws(MessageError) -> Value {
    let message = unsafe bytes.withUnsafeBytes { bytes in
        unsafe unpack(nil, bytes.count, bytes.bindMemory(to: UInt8.self).baseAddress)
    }
    guard let message = unsafe message else {
        throw MessageError(type: type, reason: "\(bytes.byteCount) bytes are no such message")
    }
    defer { unsafe free(message, nil) }
    return try unsafe copy(message.pointee, FieldReader(type: type))
}

/// Copies fields of a C message to Swift values. Errors name the field.
struct FieldReader {
    /// The message's name.
    let type: String

    /// A count or an index.
    func integer(_ value: UInt64, _ name: String) throws(MessageError) -> Int {
        guard let result = Int(exactly: value) else {
            throw MessageError(type: type, reason: "\(name) is \(value), beyond every model")
        }
        return result
    }

    /// A text; protobuf-c checks that it ends, not that it is UTF-8.
    func string(_ field: UnsafeMutablePointer<CChar>?) -> String {
        unsafe field.map { unsafe String(cString: $0) } ?? ""
    }

    /// The values that a `bytes` field holds.
    func values<Value: WireValue>(_ field: ProtobufCBinaryData, _ name: String) throws(MessageError) -> [Value] {
        let size = MemoryLayout<Value>.size
        guard unsafe field.len % size == 0 else {
            throw MessageError(
                type: type, reason: "\(name) has \(unsafe field.len) bytes, which are no whole \(Value.plural)")
        }
        return unsafe [Value](unsafeUninitializedCapacity: field.len / size) { buffer, count in
            let data = unsafe field.data
            if let data = unsafe data {
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
                    from: UnsafeRawBufferPointer(start: data, count: field.len))
            }
            count = unsafe field.len / size
        }
    }

    /// Repeated numbers.
    func array<Number: BitwiseCopyable>(_ numbers: UnsafeMutablePointer<Number>?, _ count: Int) -> [Number] {
        unsafe Array(UnsafeBufferPointer(start: numbers, count: count))
    }

    /// Repeated parts of the message.
    func array<Message, Part>(
        _ parts: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int,
        _ copy: (Message, FieldReader) throws(MessageError) -> Part
    ) throws(MessageError) -> [Part] {
        var result: [Part] = []
        result.reserveCapacity(count)
        for index in 0 ..< count {
            if let part = unsafe parts?[index] { result.append(try unsafe copy(part.pointee, self)) }
        }
        return result
    }
}
