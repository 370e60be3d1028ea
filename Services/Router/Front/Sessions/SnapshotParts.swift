/// Makes of the bytes of an upload, as they come, the parts in which the attention service takes a file. The last part
/// is known only when the upload has ended, so something is always held back for it.
struct SnapshotParts {
    /// Bytes of a part.
    private let size: Int
    private var waiting: [UInt8] = []
    private var sent = 0

    /// Bytes that have come so far.
    var byteCount: Int { sent + waiting.count }

    init(size: Int = StatePart.bytesMax) {
        self.size = size
        waiting.reserveCapacity(size)
    }

    /// - Returns: the parts that are full now.
    mutating func append(_ bytes: some Collection<UInt8>) -> [ArrivingPart] {
        var parts: [ArrivingPart] = [], rest = bytes[...]
        while !rest.isEmpty {
            if waiting.count == size { parts.append(next(isLast: false)) }
            let piece = rest.prefix(size - waiting.count)
            waiting += piece
            rest = rest.dropFirst(piece.count)
        }
        return parts
    }

    /// - Returns: the last part.
    mutating func end() -> ArrivingPart { next(isLast: true) }

    private mutating func next(isLast: Bool) -> ArrivingPart {
        let part = ArrivingPart(offset: sent, isLast: isLast, bytes: waiting)
        sent += waiting.count
        waiting.removeAll(keepingCapacity: !isLast)
        return part
    }
}
