internal import Checkpoint

/// A session's whole state on disk: a header, then layer after layer what its memory holds, for the length that the
/// layer has seen.
///
/// Private to the process that wrote it, so numbers are in the machine's own order.
struct ParkedSession: Sendable {
    let tokensMax: Int
    let byteCount: Int
    /// Tokens that each layer had seen.
    private let lengths: [Int]
    /// Most tokens that any layer had seen.
    var length: Int { lengths.max() ?? 0 }
    private let header: [UInt64]
    private let checksum: UInt64
    private let file: ParkingFile

    /// "minimaxP"
    private static let magic: UInt64 = 0x6D69_6E69_6D61_7850

    /// Writes the state; the session is as it was.
    init(_ session: Session, to file: ParkingFile) throws(ParkingError) {
        tokensMax = session.tokensMax
        lengths = session.layers.map(\.length)
        let layers = unsafe session.layers.map { unsafe $0.usedMemory }
        let layerBytes = unsafe layers.map { unsafe $0.reduce(0) { $0 + $1.count } }
        header = ([tokensMax, lengths.count] + zip(lengths, layerBytes).flatMap { [$0, $1] }).reduce(into: [Self.magic])
        { $0.append(UInt64($1)) }
        byteCount = header.count * MemoryLayout<UInt64>.size + layerBytes.reduce(0, +)
        checksum = unsafe Self.checksum(layers.joined())
        self.file = file
        let headerMemory = unsafe Self.memory(of: header)
        defer { unsafe headerMemory.deallocate() }
        try unsafe file.write([headerMemory] + layers.joined())
    }

    /// Reads the state back, byte for byte, into a session that may reach `tokensMax` positions.
    func session(_ config: ModelConfig, tokensMax: Int) throws(ParkingError) -> Session {
        let session = Session(config, tokensMax: tokensMax, lengths: lengths)
        let memory = unsafe session.layers.flatMap { unsafe $0.usedMemory }
        let found = unsafe Self.memory(of: [UInt64](repeating: 0, count: header.count))
        defer { unsafe found.deallocate() }
        try unsafe file.read(into: [found] + memory)
        guard unsafe Array(found.bindMemory(to: UInt64.self)) == header else {
            throw .damaged("its header is not the one that was written")
        }
        guard unsafe Self.checksum(memory) == checksum else {
            throw .damaged("its checksum is not that of what was written")
        }
        return session
    }

    /// A copy for the file to read or write, which the caller deallocates.
    private static func memory(of words: [UInt64]) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: words.count)
        _ = unsafe memory.initialize(from: words)
        return UnsafeMutableRawBufferPointer(memory)
    }

    /// FNV-1a over words of 32 bits, of which all state is made.
    private static func checksum(_ pieces: some Sequence<UnsafeMutableRawBufferPointer>) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        // swift-format-ignore
        for unsafe piece in pieces {
            for place in stride(from: 0, to: piece.count, by: MemoryLayout<UInt32>.size) {
                sum = unsafe (sum ^ UInt64(piece.load(fromByteOffset: place, as: UInt32.self))) &* 0x100_0000_01B3
            }
        }
        return sum
    }
}
