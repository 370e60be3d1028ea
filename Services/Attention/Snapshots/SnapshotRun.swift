/// Bytes of a tensor that go to or from the file in one call of the system.
@safe enum SnapshotRun {
    /// A piece or a part of one, moved as it lies in memory.
    case direct(UnsafeMutableRawBufferPointer)
    /// Short pieces, moved together through a buffer of `bufferBytes`.
    case gathered(ArraySlice<UnsafeMutableRawBufferPointer>, byteCount: Int)

    /// The most that one run has: few calls, and what was just read or summed is still in a core's own cache.
    static let bufferBytes = 256 << 10
    /// Pieces from this size on are moved as they lie; below it, longer calls save more than the copy costs.
    static let shortPieceBytes = 64 << 10

    var byteCount: Int {
        switch self {
        case .direct(let bytes): bytes.count
        case .gathered(_, let byteCount): byteCount
        }
    }
}

extension SnapshotTensor {
    /// All bytes of the tensor, in order.
    var runs: [SnapshotRun] {
        var runs: [SnapshotRun] = [], short = 0 ..< 0, shortBytes = 0
        func gather() {
            if shortBytes > 0 { unsafe runs.append(.gathered(pieces[short], byteCount: shortBytes)) }
            (short, shortBytes) = (short.upperBound ..< short.upperBound, 0)
        }
        for index in unsafe pieces.indices {
            let piece = unsafe pieces[index], isShort = piece.count < SnapshotRun.shortPieceBytes
            if !isShort || shortBytes + piece.count > SnapshotRun.bufferBytes { gather() }
            if isShort {
                (short, shortBytes) = (short.lowerBound ..< index + 1, shortBytes + piece.count)
                continue
            }
            for place in stride(from: 0, to: piece.count, by: SnapshotRun.bufferBytes) {
                let end = min(place + SnapshotRun.bufferBytes, piece.count)
                unsafe runs.append(.direct(UnsafeMutableRawBufferPointer(rebasing: piece[place ..< end])))
            }
            short = index + 1 ..< index + 1
        }
        gather()
        return runs
    }
}
