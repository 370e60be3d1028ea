import TestSupport
import Testing

@testable import Router

@Suite("Parts of an upload") struct SnapshotPartsTests {
    @Test("however the bytes come, the parts are full and in order, and the last one comes at the end")
    func random() {
        var random = SplitMix64(seed: 3)
        for _ in 0 ..< 300 {
            let file = (0 ..< Int.random(in: 0 ... 60, using: &random)).map { UInt8($0) }
            var parts = SnapshotParts(size: 8), sent: [ArrivingPart] = [], rest = file[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1 ... 30, using: &random))
                sent += parts.append(piece)
                rest = rest.dropFirst(piece.count)
            }
            #expect(parts.byteCount == file.count)
            sent.append(parts.end())
            #expect(sent.flatMap(\.bytes) == file)
            #expect(sent.dropLast().allSatisfy { $0.bytes.count == 8 && !$0.isLast })
            #expect(sent.last.map { $0.isLast && ($0.bytes.isEmpty == file.isEmpty) } == true)
            var offset = 0
            for part in sent {
                #expect(part.offset == offset)
                offset += part.bytes.count
            }
        }
    }
}
