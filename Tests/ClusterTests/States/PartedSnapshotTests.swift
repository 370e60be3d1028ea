import AdminMessages
import Checkpoint
import JSON
import NIOHTTP1
import Snapshots
import TestSupport
import Testing

@testable import ClusterClient

/// Snapshots where attention is cut into several parts, over real processes: a file goes from any number of parts to
/// any other, and what follows is what would have followed.
@Suite("Snapshots of sessions in parts", .serialized, .inTurn) struct PartedSnapshotTests {
    private static let prompt = PrefixPrompts.ids(300, seed: 22)

    private static func setup(_ parts: Int, processes: Int) -> RESTCluster.Setup {
        RESTCluster.Setup(
            expertHosts: 1, attentionHosts: processes,
            router: ["--attention-parts", "\(parts)", "--api-keys", "mine,a,b,c,d,e,f"])
    }

    private func arrange(_ cluster: RESTCluster, parts: Int) async throws {
        _ = try await cluster.change(PlanChange(attentionParts: .fixed(parts)))
        try await eventually("attention is cut into \(parts)") {
            let attention = try await cluster.plan().attention
            guard attention.parts == parts, attention.replicas == 4 / parts else { return false }
            return try await cluster.isReady()
        }
    }

    @Test("from 2 parts to 2, 1 and 4, from 1 to 2 and from 4 to 1: the next 64 tokens are an undisturbed session's")
    func everywhere() async throws {
        try await RESTCluster.with(Self.setup(2, processes: 4)) { cluster in
            func client(_ key: String) -> SnapshotClient { SnapshotClient(cluster: cluster, key: key) }
            let mine = client("mine"), id = try await mine.create(Self.prompt)
            let stored = try await mine.store(id), file = try await mine.download(id)
            #expect(file.status == 200 && stored["bytes"] == .int(file.body.count) && stored["tokens"] == 300)
            let undisturbed = try await mine.transcript(of: id).transcript

            /// - Returns: the file of the session as it is saved again before it goes on.
            func restored(_ file: [UInt8], for key: String, _ words: String) async throws -> [UInt8] {
                let theirs = client(key), id = try await theirs.restore(file)
                let again = try await theirs.download(id).body
                let found = try await theirs.transcript(of: id)
                #expect(found.transcript.difference(from: undisturbed) == nil, "\(words)")
                #expect(found.cached == 299, "the state that was restored is used: \(words)")
                return again
            }
            let twice = try await restored(file.body, for: "a", "2 to 2")
            #expect(try Self.data(twice) == Self.data(file.body))
            try await arrange(cluster, parts: 1)
            let one = try await restored(file.body, for: "b", "2 to 1")
            #expect(try Self.header(one).description.heads == .part(.whole))
            try await arrange(cluster, parts: 4)
            let four = try await restored(file.body, for: "c", "2 to 4")
            #expect(try Self.header(four).description.heads == .sections(of: 4))
            try await arrange(cluster, parts: 2)
            let back = try await restored(one, for: "d", "2 to 1 to 2")
            #expect(try Self.data(back) == Self.data(file.body))
            try await arrange(cluster, parts: 1)
            let whole = try await restored(four, for: "e", "2 to 4 to 1")
            #expect(try Self.data(whole) == Self.data(one))
        }
    }

    private static func header(_ file: [UInt8]) throws -> SnapshotHeader {
        let count = try SnapshotHeader.byteCount(beginning: Array(file.prefix(8)), fileByteCount: file.count)
        return try SnapshotHeader(Array(file.prefix(count)), fileByteCount: file.count)
    }

    private static func data(_ file: [UInt8]) throws -> [UInt8] {
        let count = try SnapshotHeader.byteCount(beginning: Array(file.prefix(8)), fileByteCount: file.count)
        return Array(file.dropFirst(count))
    }

    @Test("from 2 parts: ranges are those of the whole file; what is damaged or lacks a section leaves nothing behind")
    func damage() async throws {
        try await RESTCluster.with(Self.setup(2, processes: 2)) { cluster in
            let client = SnapshotClient(cluster: cluster, key: "mine")
            let id = try await client.create([1, 2, 3]), whole = try await client.download(id)
            let file = whole.body, tag = try #require(whole.head.headers.first(name: "etag"))
            // Across the borders of the header and of the sections.
            var random = SplitMix64(seed: 6), start = 0, joined: [UInt8] = []
            while start < file.count {
                let end = min(file.count, start + Int.random(in: 1 ... 500_000, using: &random))
                let part = try await client.download(id, ["range": "bytes=\(start)-\(end - 1)", "if-range": tag])
                #expect(part.status == 206 && part.body.count == end - start)
                joined += part.body
                start = end
            }
            #expect(joined == file)
            func kept() async throws -> [Double] {
                try await [
                    cluster.metric("minimax_attention_states_kept", of: "attention"),
                    cluster.metric("minimax_attention_states_kept", of: "attention-2"),
                ]
            }
            let before = try await kept()
            @Sendable func refused(_ damaged: [UInt8], _ what: String) async throws {
                let answer = try await client.upload(damaged)
                let code = try? JSONReader.read(answer.body)["error"]?["code"]?.text
                #expect(answer.status == 400 && code == "invalid_snapshot", "\(what): \(answer.text)")
                #expect(!answer.text.contains(cluster.folder), "\(answer.text)")
            }
            let cuts = (0 ..< 20).map { _ in Int.random(in: 0 ..< file.count, using: &random) }
            try await inParallel(cuts + [0, 8, file.count - 1], atOnce: 4) { count in
                try await refused(Array(file.prefix(count)), "the first \(count) bytes")
            }
            let places = (0 ..< 60).map { Int.random(in: 0 ..< ($0 % 2 == 0 ? 8192 : file.count), using: &random) }
            try await inParallel(places, atOnce: 4) { place in
                var damaged = file
                damaged[place] ^= 1 << UInt8(place % 8)
                try await refused(damaged, "bit \(place % 8) of byte \(place)")
            }
            try await refused(try Self.withoutSection(file), "one section")
            #expect(try await kept() == before)
            _ = try await client.restore(file)
            #expect(try await kept() == before.map { $0 + 1 })
        }
    }

    /// The first section with a header of its own that still promises two.
    private static func withoutSection(_ file: [UInt8]) throws -> [UInt8] {
        let header = try header(file), kept = header.tensors.filter { $0.name.hasPrefix("parts.0.") }
        let first = kept[0].bytes.lowerBound, end = kept[kept.count - 1].bytes.upperBound
        let new = SnapshotHeader.bytes(
            header.description,
            kept.map { .init(name: $0.name, elementType: $0.elementType, shape: $0.shape) },
            checksums: kept.compactMap { header.checksums[$0.name] })
        return new + file[first ..< end]
    }
}
