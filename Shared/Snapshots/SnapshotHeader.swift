package import Checkpoint
package import Tensors

/// All that stands in a snapshot before the data, as a value: no file is needed to make or to check one.
package struct SnapshotHeader: Sendable {
    /// A header names each tensor in about 200 bytes; the rest is for the owner's and the scope's words.
    package static let byteCountMax = SafetensorsHeader.byteCountMax
    /// How every header begins: the length, then this, then the header's own checksum.
    private static let beginning = Array(#"{"__metadata__":{"\#(SnapshotFormat.headerChecksum)":""#.utf8)
    private static let noDigits = String(repeating: "0", count: 32)
    private static let digitPlaces = 8 + beginning.count ..< 8 + beginning.count + noDigits.utf8.count

    /// What it says of the state.
    package let description: SnapshotDescription
    /// In the order of their data.
    package let tensors: [TensorEntry]
    /// By the tensors' names.
    package let checksums: [String: Digest]
}

extension SnapshotHeader {
    /// The header of a file with these tensors, whose size does not depend on the checksums.
    ///
    /// - Parameter checksums: in the order of the tensors; nil: they are not known yet.
    package static func bytes(
        _ description: SnapshotDescription, _ tensors: [NewTensor], checksums: [Digest]?
    ) -> [UInt8] {
        let digits = checksums?.map(\.description) ?? tensors.map { _ in noDigits }
        let metadata =
            [(name: SnapshotFormat.headerChecksum, value: noDigits)] + description.metadata
            + zip(tensors, digits).map { (SnapshotFormat.checksum(tensor: $0.name), $1) }
        return signed(SafetensorsHeader.bytes(for: tensors, metadata: metadata))
    }

    /// The header with its own checksum in its place, whatever stands there; it must begin as headers do.
    package static func signed(_ header: [UInt8]) -> [UInt8] {
        var bytes = header, digest = DigestStream()
        bytes.replaceSubrange(digitPlaces, with: noDigits.utf8)
        unsafe bytes.withUnsafeBytes { unsafe digest.add($0) }
        bytes.replaceSubrange(digitPlaces, with: digest.finished().description.utf8)
        return bytes
    }
}

extension SnapshotHeader {
    /// Of the header's length, with which a file begins.
    package static let lengthByteCount = 8

    /// Refuses a header that nobody would read.
    package static func requireReadable(byteCount: Int) throws(SnapshotError) {
        guard byteCount <= byteCountMax else {
            throw .disk("its header would have \(byteCount) bytes, at most \(byteCountMax) are allowed")
        }
    }

    /// How many bytes stand before the data, as a file's first eight say.
    package static func byteCount(beginning: [UInt8], fileByteCount: Int) throws(SnapshotError) -> Int {
        guard beginning.count == lengthByteCount, fileByteCount >= lengthByteCount else {
            throw .damaged("it has \(fileByteCount) bytes, too few for a state's file")
        }
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
    package init(_ bytes: [UInt8], fileByteCount: Int) throws(SnapshotError) {
        try Self.checkDigest(bytes)
        guard fileByteCount >= bytes.count else { throw .damaged("it ends after \(fileByteCount) bytes") }
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(
                json: Array(bytes[8...]), file: "the state's file", dataStart: bytes.count,
                dataByteCount: fileByteCount - bytes.count)
        } catch { throw .damaged("\(error)") }
        description = try SnapshotDescription(metadata: header.metadata)
        tensors = header.tensors
        checksums = try Self.checksums(header)
        try requireEqualTokens()
    }

    /// Sections are parts of one state, so they have the same token ids: what is read of one is true of all.
    private func requireEqualTokens() throws(SnapshotError) {
        let sections = description.heads.sections
        guard sections.count > 1 else { return }
        let names = sections.map { $0.prefix + SnapshotFormat.tokens }
        let found = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) })
        for name in names {
            guard let shape = found[name] else { throw .damaged("it has no tensor \(name)") }
            guard shape == found[names[0]], checksums[name] == checksums[names[0]] else {
                throw .damaged("the token ids of its tensors \(names[0]) and \(name) are not the same")
            }
        }
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
