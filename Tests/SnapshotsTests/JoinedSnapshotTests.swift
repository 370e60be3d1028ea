import Checkpoint
import Snapshots
import Tensors
import Testing

@Suite("Files of a state's parts as one file") struct JoinedSnapshotTests {
    /// A part's file: its token ids and one tensor of so many numbers.
    private struct Part {
        var heads: SnapshotHeads
        var length = 5
        var numbers = 3
        var tokens = Digest(low: 1, high: 2)
        var created = 1_796_000_000
        var fingerprint = "ff"
        var arithmetic = "exact"

        var header: [UInt8] {
            let description = SnapshotDescription(
                fingerprint: fingerprint, arithmetic: arithmetic, heads: heads, length: length, owner: "o", scope: "s",
                promised: false, worthMilliseconds: 7, created: created)
            let tensors = [
                NewTensor(name: SnapshotFormat.tokens, elementType: "I32", shape: [length]),
                NewTensor(name: SnapshotFormat.state(layer: 0), elementType: "F32", shape: [numbers]),
            ]
            return SnapshotHeader.bytes(
                description, tensors, checksums: [tokens, Digest(low: UInt64(numbers), high: 0)])
        }
        var dataBytes: Int { 4 * (length + numbers) }
        var file: SnapshotPartFile { SnapshotPartFile(header: header, byteCount: header.count + dataBytes) }
    }

    private func parts(_ count: Int) -> [Part] {
        AttentionPart.all(of: count).map { Part(heads: .part($0), numbers: 3 + $0.index) }
    }

    @Test("the file of all of attention stays as it is")
    func one() throws {
        let file = parts(1)[0].file, joined = try JoinedSnapshot([file])
        #expect(joined.header == file.header && joined.byteCount == file.byteCount)
        #expect(joined.data == [file.header.count ..< file.byteCount])
    }

    @Test("the header has each part's tensors and checksums, and the data lies where it says", arguments: [2, 4, 8])
    func several(count: Int) throws {
        let parts = parts(count), joined = try JoinedSnapshot(parts.map(\.file))
        let header = try SnapshotHeader(joined.header, fileByteCount: joined.byteCount)
        #expect(header.description.heads == .sections(of: count) && header.description.length == 5)
        #expect(
            header.tensors.map(\.name)
                == (0 ..< count).flatMap { ["parts.\($0).tokens", "parts.\($0).layers.0.state"] })
        var begin = joined.header.count
        for (index, part) in parts.enumerated() {
            let own = try SnapshotHeader(part.header, fileByteCount: part.file.byteCount)
            #expect(joined.data[index] == part.header.count ..< part.file.byteCount)
            for (tensor, found) in zip(own.tensors, header.tensors[(2 * index)...]) {
                #expect(found.shape == tensor.shape && found.elementType == tensor.elementType)
                #expect(header.checksums[found.name] == own.checksums[tensor.name])
                // As far from the beginning of the part's data as in the part's file.
                #expect(found.bytes.lowerBound - begin == tensor.bytes.lowerBound - part.header.count)
            }
            begin += part.dataBytes
        }
        #expect(begin == joined.byteCount)
    }

    @Test("the same states give the same header, whenever the parts after the first were written")
    func stable() throws {
        var later = parts(4)
        for index in 1 ..< 4 { later[index].created += 100 }
        #expect(try JoinedSnapshot(later.map(\.file)) == JoinedSnapshot(parts(4).map(\.file)))
    }

    @Test("every byte of the whole file is found once, wherever a range begins and ends")
    func places() throws {
        // Byte i of part p's file is (p, i); the whole file is the header and then the parts' data.
        let joined = JoinedSnapshot(header: [9, 9, 9], data: [4 ..< 7, 2 ..< 2, 0 ..< 5])
        let expected: [JoinedSnapshot.Place] =
            (0 ..< 3).map { .header($0 ..< $0 + 1) } + (4 ..< 7).map { .part(0, $0 ..< $0 + 1) }
            + (0 ..< 5).map { .part(2, $0 ..< $0 + 1) }
        #expect(joined.byteCount == expected.count)
        for begin in 0 ..< 11 {
            for end in begin + 1 ... 11 {
                var found: [JoinedSnapshot.Place] = [], place = begin
                while place < end, let next = joined.place(of: place ..< end) {
                    switch next {
                    case .header(let range): found += range.map { .header($0 ..< $0 + 1) }
                    case .part(let part, let range): found += range.map { .part(part, $0 ..< $0 + 1) }
                    }
                    place = begin + found.count
                }
                #expect(found == Array(expected[begin ..< end]), "\(begin) ..< \(end)")
            }
        }
        #expect(joined.place(of: 2 ..< 9) == .header(2 ..< 3) && joined.place(of: 3 ..< 9) == .part(0, 4 ..< 7))
        for nowhere in [11 ..< 12, 3 ..< 3, -1 ..< 2, .max - 1 ..< .max] { #expect(joined.place(of: nowhere) == nil) }
        #expect(joined.place(of: 10 ..< .max) == .part(2, 4 ..< 5))
    }

    @Test("files that are not one of each part of one state are refused, and why")
    func strangers() {
        func refuses(_ words: String, _ location: SourceLocation = #_sourceLocation, _ change: (inout [Part]) -> Void) {
            var parts = parts(2)
            change(&parts)
            let error = #expect(throws: SnapshotError.self, sourceLocation: location) {
                try JoinedSnapshot(parts.map(\.file))
            }
            let why = error?.description ?? ""
            #expect(why.contains(words), "\(why)", sourceLocation: location)
        }
        refuses("expected part 1 of 2 of attention, found part 0 of 2") { $0[1] = $0[0] }
        refuses("expected part 0 of 2 of attention, found part 1 of 2") { $0.reverse() }
        refuses("expected all of attention, found part 0 of 2") { $0.removeLast() }
        refuses("1, 2, 4 or 8 parts, found the files of 3") { $0.append($0[0]) }
        refuses("1, 2, 4 or 8 parts, found the files of 0") { $0 = [] }
        refuses("expected part 0 of 2 of attention, found all of attention") { $0[0].heads = .part(.whole) }
        refuses("expected part 0 of 2 of attention, found part 0 of 4") {
            $0[0].heads = .part(AttentionPart.all(of: 4)[0])
        }
        refuses("found 5 in part 0 of 2 and 4 in part 1 of 2") { $0[1].length = 4 }
        refuses("must be ff, as the loaded checkpoint's is, found ee") { $0[1].fingerprint = "ee" }
        refuses("expected exact, as this service computes, found fast") { $0[1].arithmetic = "fast" }
        refuses("token ids of its tensors parts.0.tokens and parts.1.tokens are not the same") {
            $0[1].tokens = Digest(low: 1, high: 3)
        }
    }

    @Test("headers that are damaged or lie about the file's size are refused, and trap nowhere")
    func damaged() throws {
        let good = parts(2).map(\.file)
        for byteCount in [.min, -1, 0, 7, 8, good[1].byteCount - 1, good[1].byteCount + 1, .max] {
            let bad = SnapshotPartFile(header: good[1].header, byteCount: byteCount)
            #expect(throws: SnapshotError.self) { try JoinedSnapshot([good[0], bad]) }
        }
        for count in [0, 1, 8, 60, good[1].header.count - 1] {
            let bad = SnapshotPartFile(header: Array(good[1].header.prefix(count)), byteCount: good[1].byteCount)
            #expect(throws: SnapshotError.self) { try JoinedSnapshot([good[0], bad]) }
        }
        for place in good[1].header.indices {
            var header = good[1].header
            header[place] ^= 1 << (place % 8)
            let bad = SnapshotPartFile(header: header, byteCount: good[1].byteCount)
            #expect(throws: SnapshotError.self, "byte \(place)") { try JoinedSnapshot([good[0], bad]) }
        }
        for (beginning, fileBytes) in [([], 100), ([1, 2, 3, 4, 5, 6, 7], 7), ([1, 0, 0, 0, 0, 0, 0, 0], 3)] {
            #expect(throws: SnapshotError.self) {
                try SnapshotHeader.byteCount(beginning: beginning.map { UInt8($0) }, fileByteCount: fileBytes)
            }
        }
        for fileBytes in [.min, -1, 8, 100, .max] {
            #expect(throws: SnapshotError.self) {
                try SnapshotHeader.byteCount(beginning: [UInt8](repeating: 255, count: 8), fileByteCount: fileBytes)
            }
        }
    }

    @Test("parts that claim more bytes than a number holds are refused")
    func endless() {
        let parts = AttentionPart.all(of: 2).map { Part(heads: .part($0), numbers: 1 << 60) }
        let error = #expect(throws: SnapshotError.self) { try JoinedSnapshot(parts.map(\.file)) }
        #expect(error?.description == "the files of its parts claim more bytes than any disk has")
        // Together they are just within what a number holds, and their joined header is not.
        let large = AttentionPart.all(of: 2).map { Part(heads: .part($0), numbers: (1 << 59) + (1 << 58)) }
        #expect(throws: SnapshotError.self) { try JoinedSnapshot(large.map(\.file)) }
    }
}
