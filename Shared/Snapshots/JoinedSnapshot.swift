internal import Checkpoint
internal import Tensors

/// A part's file of a state, of which all that stands before the data is known.
package struct SnapshotPartFile: Sendable, Equatable {
    /// All that stands before the data.
    package let header: [UInt8]
    /// Of the whole file.
    package let byteCount: Int

    /// Of a file that nobody has checked.
    package init(header: [UInt8], byteCount: Int) { (self.header, self.byteCount) = (header, byteCount) }
}

/// The files of all parts of a state as one file: a header for all of them, then the data of one after the other, each
/// a section of the file. Where all of attention is one part, that part's file is the whole file, as it is.
package struct JoinedSnapshot: Sendable, Equatable {
    /// All that stands before the data.
    package let header: [UInt8]
    /// Where the data of each part lies in the part's own file.
    package let data: [Range<Int>]

    /// - Parameters:
    ///   - header: all that stands before the data.
    ///   - data: where the data of each part lies in the part's own file.
    package init(header: [UInt8], data: [Range<Int>]) { (self.header, self.data) = (header, data) }

    /// Of the whole file.
    package var byteCount: Int { data.reduce(header.count) { $0 + $1.count } }
}

extension JoinedSnapshot {
    /// Where some bytes of the whole file are.
    package enum Place: Equatable {
        /// In the header.
        case header(Range<Int>)
        /// In the file of one part.
        case part(Int, Range<Int>)
    }

    /// Where the bytes are with which a range of the whole file begins: as many of them as lie together; nil where the
    /// file has none of them.
    package func place(of range: Range<Int>) -> Place? {
        guard range.lowerBound >= 0, !range.isEmpty else { return nil }
        if range.lowerBound < header.count {
            return .header(range.lowerBound ..< min(range.upperBound, header.count))
        }
        var begin = header.count
        for (index, data) in data.enumerated() {
            let end = begin + data.count
            if range.lowerBound < end {
                let first = data.lowerBound + range.lowerBound - begin
                return .part(index, first ..< first + min(range.upperBound, end) - range.lowerBound)
            }
            begin = end
        }
        return nil
    }
}

extension JoinedSnapshot {
    /// Joins the files of all parts, in the order of the parts, if they are of one state.
    ///
    /// - Throws: `damaged`, `newerFormat` or `otherPart` where a header cannot be used or does not fit the others.
    package init(_ files: [SnapshotPartFile]) throws(SnapshotError) {
        var headers: [SnapshotHeader] = []
        for file in files { headers.append(try SnapshotHeader(file.header, fileByteCount: file.byteCount)) }
        try Self.requireOneState(headers)
        let sum = files.reduce((bytes: 0, isTooLarge: false)) { sum, file in
            let (bytes, isTooLarge) = sum.bytes.addingReportingOverflow(file.byteCount)
            return (bytes, sum.isTooLarge || isTooLarge)
        }
        // The joined header is longer than theirs together.
        guard !sum.isTooLarge, sum.bytes < Int.max / 2 else {
            throw .damaged("the files of its parts claim more bytes than any disk has")
        }
        data = files.map { $0.header.count ..< $0.byteCount }
        header = headers.count == 1 ? files[0].header : try Self.header(joining: headers)
    }

    /// Refuses files that are not one of each part, or of states of different tokens.
    private static func requireOneState(_ headers: [SnapshotHeader]) throws(SnapshotError) {
        let parts = AttentionPart.all(of: headers.count)
        guard parts.count == headers.count, let first = headers.first else {
            throw .damaged("a state has 1, 2, 4 or 8 parts, found the files of \(headers.count)")
        }
        for (part, header) in zip(parts, headers) {
            let description = header.description
            guard case .part(let found) = description.heads else {
                throw .damaged("the file of \(part.inWords) has sections of several parts")
            }
            guard found == part else { throw .otherPart(expected: part, found: found) }
            try description.require(
                fingerprint: first.description.fingerprint, arithmetic: first.description.arithmetic)
            guard description.length == first.description.length else {
                throw .damaged(
                    """
                    the files of its parts must have the same tokens, found \(first.description.length) in \
                    \(parts[0]) and \(description.length) in \(part)
                    """)
            }
        }
    }

    /// The header of a file with a section for each of these. What they say of the state is what the first says.
    private static func header(joining headers: [SnapshotHeader]) throws(SnapshotError) -> [UInt8] {
        var description = headers[0].description
        description.heads = .sections(of: headers.count)
        var tensors: [NewTensor] = [], checksums: [Digest] = []
        for (section, header) in zip(description.heads.sections, headers) {
            for tensor in header.tensors {
                guard let checksum = header.checksums[tensor.name] else { continue }        // each has one
                tensors.append(
                    NewTensor(
                        name: section.prefix + tensor.name, elementType: tensor.elementType, shape: tensor.shape))
                checksums.append(checksum)
            }
        }
        let bytes = SnapshotHeader.bytes(description, tensors, checksums: checksums)
        try SnapshotHeader.requireReadable(byteCount: bytes.count)
        // Reads what was written, so that a file which nobody could restore is refused where it is made.
        _ = try SnapshotHeader(bytes, fileByteCount: tensors.reduce(bytes.count) { $0 + $1.byteCount })
        return bytes
    }
}
