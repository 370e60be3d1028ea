import CNGHTTP2

/// The header fields of one request or answer, in the order in which they came.
struct HeaderFields: Equatable {
    private(set) var fields: [Field] = []

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

    private struct Extent {
        let nameCount: Int
        let valueCount: Int
        let flags: UInt8
    }

    /// - Parameter remembered: whether the peer's HPACK table should keep the field. Values that change with every call should not push out those that stay.
    mutating func append(_ name: String, _ value: String, remembered: Bool = true) {
        let before = bytes.count
        bytes.append(contentsOf: name.utf8)
        let nameCount = bytes.count - before
        bytes.append(contentsOf: value.utf8)
        let flags = remembered ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX
        fields.append(Extent(nameCount: nameCount, valueCount: bytes.count - before - nameCount, flags: UInt8(flags.rawValue)))
    }

    /// Lends the fields in nghttp2's form for the length of one call.
    func withNameValues<R>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> R) -> R {
        var bytes = bytes
        return unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard var next = bytes.baseAddress else { return unsafe body(UnsafeBufferPointer(start: nil, count: 0)) }
            let pairs = unsafe fields.map { field in
                let value = unsafe next + field.nameCount
                defer { unsafe next = value + field.valueCount }
                return unsafe nghttp2_nv(name: next, value: value, namelen: field.nameCount, valuelen: field.valueCount, flags: field.flags)
            }
            return unsafe pairs.withUnsafeBufferPointer { unsafe body($0) }
        }
    }
}
