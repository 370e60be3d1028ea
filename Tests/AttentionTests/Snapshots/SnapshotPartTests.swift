import Checkpoint
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
                description.part = part
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

    @Test("another part is refused by name")
    func foreign() throws {
        var description = SnapshotDescription.example
        let half = try #require(AttentionPart(index: 1, count: 2))
        try description.require(.whole)
        let error = #expect(throws: SnapshotError.self) { try description.require(half) }
        #expect(error == .otherPart(expected: half, found: .whole))
        description.part = half
        try description.require(half)
        let other = #expect(throws: SnapshotError.self) { try description.require(.whole) }
        let (expected, found) = ("all of attention", "part 1 of 2 of attention")
        #expect(other?.description == "the state is of another part of attention: expected \(expected), found \(found)")
    }
}
