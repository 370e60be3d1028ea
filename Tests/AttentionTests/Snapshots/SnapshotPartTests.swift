import Checkpoint
import Snapshots
import Testing

@testable import Attention

@Suite("Snapshots of parts") struct SnapshotPartTests {
    private func metadata(_ changes: [String: String?] = [:]) -> [String: String] {
        var metadata = Dictionary(
            uniqueKeysWithValues: SnapshotDescription.example.metadata.map { ($0.name, $0.value) })
        for (name, value) in changes { metadata[name] = value }
        return metadata
    }

    @Test("a part's metadata says which it is; that of all of attention says nothing")
    func metadata() throws {
        #expect(try SnapshotDescription(metadata: metadata()) == .example)
        #expect(metadata()["part_index"] == nil && metadata()["part_count"] == nil)
        for count in AttentionPart.counts {
            for part in AttentionPart.all(of: count) {
                var description = SnapshotDescription.example
                description.heads = .part(part)
                let pairs = Dictionary(uniqueKeysWithValues: description.metadata.map { ($0.name, $0.value) })
                #expect(pairs["part_count"] == (count == 1 ? nil : "\(count)"))
                #expect(pairs["part_index"] == (count == 1 ? nil : "\(part.index)"))
                #expect(try SnapshotDescription(metadata: pairs) == description)
            }
        }
    }

    @Test(
        "a part that does not exist is damage",
        arguments: [
            ("0", nil), (nil, "2"), ("2", "2"), ("0", "3"), ("0", "16"), ("-1", "2"), ("0", "0"), ("", ""), ("x", "2"),
            ("0", "9223372036854775808"), ("9223372036854775807", "2"), ("01", "2"),
        ] as [(String?, String?)])
    func hostile(index: String?, count: String?) {
        let metadata = metadata(["part_index": index, "part_count": count])
        let error = #expect(throws: SnapshotError.self) { try SnapshotDescription(metadata: metadata) }
        let isDamage = if case .damaged = error { true } else { false }
        #expect(isDamage, "\(String(describing: error))")
    }

    @Test("a file of all parts says how many there are, and is of a version that older programs refuse")
    func sections() throws {
        for count in [2, 4, 8] {
            var description = SnapshotDescription.example
            description.heads = .sections(of: count)
            let pairs = Dictionary(uniqueKeysWithValues: description.metadata.map { ($0.name, $0.value) })
            #expect(pairs["format_version"] == "2" && pairs["part_count"] == "\(count)" && pairs["part_index"] == nil)
            #expect(try SnapshotDescription(metadata: pairs) == description)
            #expect(description.heads.sections.map(\.part) == AttentionPart.all(of: count))
            #expect(description.heads.sections.map(\.prefix) == (0 ..< count).map { "parts.\($0)." })
        }
        #expect(metadata()["format_version"] == "1")
    }

    @Test(
        "a number of sections that there cannot be is damage",
        arguments: [
            (nil, nil), (nil, "0"), (nil, "1"), (nil, "3"), (nil, "16"), (nil, "-2"), (nil, "x"), (nil, ""),
            ("0", "2"), ("", "2"), (nil, "02"), (nil, "9223372036854775808"),
        ] as [(String?, String?)])
    func hostileSections(index: String?, count: String?) {
        let metadata = metadata(["format_version": "2", "part_index": index, "part_count": count])
        let error = #expect(throws: SnapshotError.self) { try SnapshotDescription(metadata: metadata) }
        let isDamage = if case .damaged = error { true } else { false }
        #expect(isDamage, "\(String(describing: error))")
    }

    @Test("another part's file is refused by name; those of all of attention and of all parts have every part's heads")
    func foreign() throws {
        var description = SnapshotDescription.example
        let half = try #require(AttentionPart(index: 1, count: 2)),
            quarter = try #require(AttentionPart(index: 2, count: 4))
        for heads in [SnapshotHeads.part(.whole), .sections(of: 2), .sections(of: 8)] {
            description.heads = heads
            for part in [.whole, half, quarter] { try description.requireHeads(of: part) }
        }
        description.heads = .part(half)
        try description.requireHeads(of: half)
        let error = #expect(throws: SnapshotError.self) { try description.requireHeads(of: quarter) }
        #expect(error == .otherPart(expected: quarter, found: half))
        let other = #expect(throws: SnapshotError.self) { try description.requireHeads(of: .whole) }
        let (expected, found) = ("all of attention", "part 1 of 2 of attention")
        #expect(other?.description == "the state is of another part of attention: expected \(expected), found \(found)")
    }
}
