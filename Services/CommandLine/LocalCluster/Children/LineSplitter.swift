/// Cuts a stream of bytes into lines; one that is very long is cut before its end.
struct LineSplitter {
    private static let lineBytesMax = 16 << 10
    private var pending: [UInt8] = []

    mutating func append(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") { pending.append(byte) }
            guard byte == UInt8(ascii: "\n") || pending.count >= Self.lineBytesMax else { continue }
            lines.append(String(decoding: pending, as: UTF8.self))
            pending.removeAll(keepingCapacity: true)
        }
        return lines
    }

    /// What came after the last line's end.
    var rest: String? { pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self) }
}
