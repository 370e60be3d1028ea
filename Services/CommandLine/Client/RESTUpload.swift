/// The body of a request, of which pieces are read while it is sent.
package struct RESTUpload: Sendable {
    /// How long it is.
    let byteCount: Int
    /// The bytes at some places of it.
    let read: @Sendable (Range<Int>) throws -> [UInt8]

    /// - Parameter read: gives the bytes of a range, which is asked for once; where it fails, so does the request.
    package init(byteCount: Int, read: @escaping @Sendable (Range<Int>) throws -> [UInt8]) {
        (self.byteCount, self.read) = (byteCount, read)
    }

    /// Bytes that are there already.
    init(_ bytes: [UInt8]) { self.init(byteCount: bytes.count) { Array(bytes[$0]) } }
}
