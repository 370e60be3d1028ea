import CNGHTTP2

/// The header fields of one request or answer, in the order in which they came.
struct HeaderFields: Equatable {
    private(set) var fields: [Field] = []

    /// - Parameter capacity: how many fields are expected.
    init(capacity: Int = 0) { fields.reserveCapacity(capacity) }

    struct Field: Equatable {
        let name: String
        let value: String
    }

    mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The first value under a name. HTTP/2 names are lower case on the wire.
    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}

/// Header fields on their way out: one run of bytes, from which nghttp2 copies.
struct HeaderBlock {
    private var bytes: [UInt8] = []
    private var fields: [Extent] = []

    /// With room for what heads of calls usually have.
    init() {
        bytes.reserveCapacity(256)
        fields.reserveCapacity(8)
    }

    private struct Extent {
        let nameCount: Int
        let valueCount: Int
        let flags: UInt8
    }

    /// - Parameter remembered: whether the peer's HPACK table should keep the field. Values that change with every call
    ///   should not push out those that stay.
    mutating func append(_ name: String, _ value: String, remembered: Bool = true) {
        let before = bytes.count
        bytes.append(contentsOf: name.utf8)
        let nameCount = bytes.count - before
        bytes.append(contentsOf: value.utf8)
        let flags = remembered ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX
        fields.append(
            Extent(nameCount: nameCount, valueCount: bytes.count - before - nameCount, flags: UInt8(flags.rawValue)))
    }

    /// Lends the fields in nghttp2's form for the length of one call.
    func withNameValues<R>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> R) -> R {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count) { pairs in
                var next = unsafe UnsafeMutablePointer(mutating: bytes.baseAddress)        // nghttp2 only reads
                for (index, field) in fields.enumerated() {
                    let value = unsafe next.map { unsafe $0 + field.nameCount }
                    unsafe pairs.initializeElement(
                        at: index,
                        to: nghttp2_nv(
                            name: next, value: value, namelen: field.nameCount, valuelen: field.valueCount,
                            flags: field.flags))
                    unsafe next = value.map { unsafe $0 + field.valueCount }
                }
                return unsafe body(UnsafeBufferPointer(pairs))
            }
        }
    }
}
