internal import Checkpoint
internal import Tensors

/// All that stands in a snapshot before the data, as a value: no file is needed to make or to check one.
struct SnapshotHeader {
    /// A header names each tensor in about 200 bytes; the rest is for the owner's and the scope's words.
    static let byteCountMax = SafetensorsHeader.byteCountMax
    /// How every header begins: the length, then this, then the header's own checksum.
    private static let beginning = Array(#"{"__metadata__":{"\#(SnapshotFormat.headerChecksum)":""#.utf8)
    private static let noDigits = String(repeating: "0", count: 32)
    private static let digitPlaces = 8 + beginning.count ..< 8 + beginning.count + noDigits.utf8.count

    let description: SnapshotDescription
    /// In the order of their data.
    let tensors: [TensorEntry]
    /// By the tensors' names.
    let checksums: [String: Digest]
}

extension SnapshotHeader {
    /// The header of a file with these tensors, whose size does not depend on the checksums.
    ///
    /// - Parameter checksums: in the order of the tensors; nil: they are not known yet.
    static func bytes(
        _ description: SnapshotDescription, _ tensors: [SnapshotTensor], checksums: [Digest]?
    ) -> [UInt8] {
        let digits = checksums?.map(\.description) ?? tensors.map { _ in noDigits }
        let metadata =
            [(name: SnapshotFormat.headerChecksum, value: noDigits)] + description.metadata
            + zip(tensors, digits).map { (SnapshotFormat.checksum(tensor: $0.name), $1) }
        return signed(SafetensorsHeader.bytes(for: tensors.map(\.inHeader), metadata: metadata))
    }

    /// The header with its own checksum in its place, whatever stands there; it must begin as headers do.
    static func signed(_ header: [UInt8]) -> [UInt8] {
        var bytes = header, digest = DigestStream()
        bytes.replaceSubrange(digitPlaces, with: noDigits.utf8)
        unsafe bytes.withUnsafeBytes { unsafe digest.add($0) }
        bytes.replaceSubrange(digitPlaces, with: digest.finished().description.utf8)
        return bytes
    }
}

extension SnapshotHeader {
    /// How many bytes stand before the data, as a file's first eight say.
    static func byteCount(beginning: [UInt8], fileByteCount: Int) throws(SnapshotError) -> Int {
        guard beginning.count == 8 else { throw .damaged("it has \(fileByteCount) bytes, too few for a state's file") }
        let length = beginning.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let most = min(fileByteCount, byteCountMax) - 8
        guard length <= UInt64(most) else {
            throw .damaged("its header claims \(length) bytes, at most \(most) are possible")
        }
        return 8 + Int(length)
    }

    /// Reads and checks a header: its checksum first, then all that it says against the rest and the file's size.
    ///
    /// - Parameter bytes: all that stand before the data.
    init(_ bytes: [UInt8], fileByteCount: Int) throws(SnapshotError) {
        try Self.checkDigest(bytes)
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(
                json: Array(bytes[8...]), file: "the state's file", dataStart: bytes.count,
                dataByteCount: fileByteCount - bytes.count)
        } catch { throw .damaged("\(error)") }
        description = try SnapshotDescription(metadata: header.metadata)
        tensors = header.tensors
        checksums = try Self.checksums(header)
    }

    private static func checkDigest(_ bytes: [UInt8]) throws(SnapshotError) {
        guard bytes.count >= digitPlaces.upperBound, bytes[8...].starts(with: beginning) else {
            throw .damaged("it does not begin as a state's file does")
        }
        guard bytes == signed(bytes) else {
            throw .damaged("the checksum of its header is not that of what was written")
        }
    }

    private static func checksums(_ header: SafetensorsHeader) throws(SnapshotError) -> [String: Digest] {
        var checksums: [String: Digest] = [:]
        for tensor in header.tensors {
            let digits = header.metadata[SnapshotFormat.checksum(tensor: tensor.name)] ?? ""
            guard let digest = Digest(hexadecimal: Substring(digits).utf8) else {
                throw .damaged("its tensor \(tensor.name) has no checksum")
            }
            checksums[tensor.name] = digest
        }
        return checksums
    }
}
