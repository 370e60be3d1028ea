import Checkpoint
import Foundation
import Messages
import Snapshots
import Tensors
import TestSupport
import Testing

@testable import Attention

/// Files of states that services of some parts wrote, taken by services of other parts: what follows is what would have
/// followed.
@Suite("Snapshots between different parts") struct PartedSnapshotTests {
    static let shapes: [RandomCheckpoint] = [
        RandomCheckpoint(heads: 8, keyValueHeads: 2, d: 8, layers: [0, 1, 0]),
        RandomCheckpoint(heads: 12, keyValueHeads: 3, d: 4, layers: [1, 0]),
        RandomCheckpoint(heads: 8, keyValueHeads: 1, d: 72, window: 50, layers: [0, 1]),
    ]
    private static let state: StateID = 7

    @Test("any number of parts takes what any other wrote", arguments: shapes, [5, 64, 150])
    func everyPair(shape: RandomCheckpoint, length: Int) async throws {
        for format in FloatFormat.allCases { try await everyPair(shape, length, format) }
    }

    private func everyPair(_ shape: RandomCheckpoint, _ length: Int, _ keyValues: FloatFormat) async throws {
        let files = try shape.files(), counts = AttentionPart.counts.filter { $0 <= files.config.attentionPartsMax }
        #expect(counts.count >= 3)
        let undisturbed = try await AttentionEngine(files, keyValues: keyValues).undisturbed(to: length + 70)
        var all: [PartedServices] = []
        for count in counts {
            let services = try await PartedServices(files, keyValues: keyValues, parts: count)
            try await services.compute(Self.state, length: length)
            all.append(services)
        }
        for source in all {
            let file = try await source.file(of: Self.state)
            for target in all {
                let words = "\(source.count) to \(target.count) parts, \(keyValues.rawValue)"
                try await target.take(file, as: 8)
                let found = try await target.carry(from: 8, length, to: length + 70)
                #expect(found.answers == Array(undisturbed.answers[length...]), "\(words)")
                #expect(found.matrices == undisturbed.matrices, "\(words)")
                // What was taken is written as the target writes its own.
                let again = try await target.file(of: 8)
                try await source.take(again, as: 9)
                #expect(try await source.file(of: 9).data == file.data, "\(words) and back")
                await target.drop([8])
                await source.drop([9])
            }
        }
    }

    @Test("the file of all of attention is what it always was")
    func plain() async throws {
        let files = try Self.shapes[0].files(), whole = try await PartedServices(files, parts: 1)
        try await whole.compute(Self.state, length: 70)
        let file = try await whole.file(of: Self.state)
        #expect(try file.parsed.description.heads == .part(.whole))
        #expect(try await whole.engines[0].bytes(of: Self.state) == file.header + file.data)
    }

    // MARK: files that lie

    /// Services of two parts, and the file of a state of 70 tokens that they wrote.
    private func twoParts() async throws -> (PartedServices, PartedServices.File) {
        let services = try await PartedServices(Self.shapes[0].files(), parts: 2)
        try await services.compute(Self.state, length: 70)
        return (services, try await services.file(of: Self.state))
    }

    @Test("sections that are missing, doubled, of other shapes or of other tokens are refused by every part")
    func lies() async throws {
        let (_, file) = try await twoParts()
        let tokens = try #require(try file.parsed.checksums["parts.1.tokens"])
        let swapped = Digest(low: tokens.high, high: tokens.low)
        let lies: [(words: String, changes: [(String, String)])] = [
            ("parts must be 2, 4 or 8, found 3", [("\"part_count\":\"2\"", "\"part_count\":\"3\"")]),
            ("parts must be 2, 4 or 8, found 1", [("\"part_count\":\"2\"", "\"part_count\":\"1\"")]),
            ("it has no tensor parts.2.tokens", [("\"part_count\":\"2\"", "\"part_count\":\"4\"")]),
            ("the metadata has no part_count", [("\"part_count\":", "\"part_kount\":")]),
            ("must name none of them", [("\"part_count\":\"2\"", "\"part_index\":\"0\",\"part_count\":\"2\"")]),
            ("the metadata has no part_index", [("\"format_version\":\"2\"", "\"format_version\":\"1\"")]),
            ("newer than this program's version 2", [("\"format_version\":\"2\"", "\"format_version\":\"3\"")]),
            ("occurs twice", [("\"parts.1.layers.0.state\":{", "\"parts.0.layers.0.state\":{")]),
            (
                "it has no tensor parts.1.layers.0.state, expected F32 of shape [4, 8, 8]",
                [
                    ("\"parts.1.layers.0.state\":{", "\"parts.2.layers.0.state\":{"),
                    ("checksum.parts.1.layers.0.state", "checksum.parts.2.layers.0.state"),
                ]
            ),
            (
                "its tensor parts.1.layers.0.state must be F32 of shape [4, 8, 8], found F32 of shape [8, 4, 8]",
                [
                    (
                        "\"parts.1.layers.0.state\":{\"dtype\":\"F32\",\"shape\":[4,8,8]",
                        "\"parts.1.layers.0.state\":{\"dtype\":\"F32\",\"shape\":[8,4,8]"
                    )
                ]
            ),
            (
                "its tensor parts.0.layers.1.pages must be F32 of shape [2, 2, 1, 64, 8]",
                [("\"shape\":[2,2,1,64,8]", "\"shape\":[1,2,2,64,8]")]
            ),
            ("must be I32 of shape [69], found I32 of shape [70]", [("\"length\":\"70\"", "\"length\":\"69\"")]),
            (
                "token ids of its tensors parts.0.tokens and parts.1.tokens are not the same",
                [("\"checksum.parts.1.tokens\":\"\(tokens)\"", "\"checksum.parts.1.tokens\":\"\(swapped)\"")]
            ),
            ("state is of another checkpoint", [("\"fingerprint\":\"", "\"fingerprint\":\"f")]),
            ("another arithmetic: expected exact", [("\"arithmetic\":\"exact\"", "\"arithmetic\":\"fast\"")]),
            (
                "another arithmetic: expected exact, as this service computes, found exact+kv-bf16",
                [("\"arithmetic\":\"exact\"", "\"arithmetic\":\"exact+kv-bf16\"")]
            ),
        ]
        for parts in [1, 2, 4] {
            let target = try await PartedServices(Self.shapes[0].files(), parts: parts)
            for (words, changes) in lies {
                let bytes = changes.reduce(file.header + file.data) { resigned($0, $1.0, $1.1) }
                for engine in target.engines {
                    let error = await #expect(throws: AttentionError.self) { try await engine.take(bytes, as: 8) }
                    #expect(error?.description.contains(words) == true, "\(words): \(String(describing: error))")
                    #expect(engine.list.states.isEmpty)
                }
            }
            try await target.take(file, as: 8)
        }
    }

    @Test("one part's file and another's are no whole file, and neither is taken by other parts")
    func onePart() async throws {
        let (services, _) = try await twoParts()
        for (index, engine) in services.engines.enumerated() {
            let own = try await engine.bytes(of: Self.state)
            for (parts, words) in [(1, "all of attention"), (4, "part 0 of 4"), (2, "part \(1 - index) of 2")] {
                let target = try await PartedServices(Self.shapes[0].files(), parts: parts)
                let other = target.engines[parts == 2 ? 1 - index : 0]
                let error = await #expect(throws: AttentionError.self) { try await other.take(own, as: 8) }
                #expect(error?.description.contains("expected \(words)") == true, "\(String(describing: error))")
            }
        }
    }

    @Test("a flipped bit or a cut anywhere is found by a part that needs the section, whatever the parts are")
    func damage() async throws {
        let (_, file) = try await twoParts()
        let bytes = file.header + file.data
        var random = SplitMix64(seed: 3)
        for parts in [1, 2, 4] {
            let target = try await PartedServices(Self.shapes[0].files(), parts: parts)
            func isRefused(_ damaged: [UInt8]) async -> Bool {
                var isRefused = false
                for engine in target.engines {
                    do { try await engine.take(damaged, as: 8) } catch { isRefused = true }
                    await engine.drop([8])
                }
                return isRefused
            }
            for round in 0 ..< 150 {
                var damaged = bytes
                let place = Int.random(in: 0 ..< (round % 3 == 0 ? file.header.count : bytes.count), using: &random)
                if round % 5 == 0 { damaged.removeSubrange(place...) } else { damaged[place] ^= 1 << UInt8(round % 8) }
                #expect(await isRefused(damaged), "byte \(place)")
            }
            #expect(await isRefused(bytes + [0]))
            #expect(await !isRefused(bytes))
        }
    }

    @Test("a whole file in the folder of states is left alone, and told of")
    func inFolder() async throws {
        let (_, file) = try await twoParts()
        let folder = try TemporaryFolder(), log = TestLog()
        let engine = try AttentionEngine(Self.shapes[0].files(), folder: folder.path, logger: log.logger)
        try Data(file.header + file.data).write(to: URL(filePath: "\(folder.path)/\(Self.state).safetensors"))
        #expect(engine.states.disk.found().isEmpty)
        #expect(log.lines.contains { $0.contains("sections of several parts") }, "\(log.lines)")
        #expect(try folder.files == ["\(Self.state).safetensors"])
    }
}

/// Services for all parts of a checkpoint's attention.
struct PartedServices {
    let engines: [AttentionEngine]
    var count: Int { engines.count }

    /// A whole file of a state.
    struct File {
        let header: [UInt8]
        let data: [UInt8]

        var parsed: SnapshotHeader {
            get throws { try SnapshotHeader(header, fileByteCount: header.count + data.count) }
        }
    }

    init(_ files: WeightFiles, keyValues: FloatFormat = .float32, parts: Int) async throws {
        var engines: [AttentionEngine] = []
        for part in AttentionPart.all(of: parts) {
            let engine = try AttentionEngine(files, keyValues: keyValues)
            try await engine.hold(part.index, of: part.count)
            engines.append(engine)
        }
        self.engines = engines
    }

    /// Keeps the state after so many tokens.
    func compute(_ state: StateID, length: Int) async throws {
        for engine in engines {
            try await engine.open(50, tokensMax: length)
            _ = try await engine.carry(50, 0, to: length)
            try await engine.keep(
                50, as: state, closes: true, worth: 1000, tokens: (0 ..< Int32(length)).map { $0 % 8 })
        }
    }

    /// What rows after a kept state come to, all parts added; and all lightning states behind them.
    func carry(from state: StateID, _ start: Int, to end: Int) async throws -> (answers: Answers, matrices: [[UInt32]])
    {
        var answers: [Answers] = [], matrices: [[[UInt32]]] = []
        for engine in engines {
            try await engine.open(51, from: state, length: start, tokensMax: end)
            answers.append(try await engine.carry(51, start, to: end))
            matrices.append(try await engine.matrices(51))
            try await engine.close([51])
        }
        return (addedPairwise(answers), matrices[0].indices.map { layer in matrices.flatMap { $0[layer] } })
    }

    func drop(_ states: [StateID]) async { for engine in engines { await engine.drop(states) } }

    func file(of state: StateID) async throws -> File {
        var files: [[UInt8]] = [], headers: [SnapshotPartFile] = []
        for engine in engines {
            let bytes = try await engine.bytes(of: state)
            let headerBytes = try SnapshotHeader.byteCount(beginning: Array(bytes[..<8]), fileByteCount: bytes.count)
            headers.append(SnapshotPartFile(header: Array(bytes[..<headerBytes]), byteCount: bytes.count))
            files.append(bytes)
        }
        let joined = try JoinedSnapshot(headers)
        return File(header: joined.header, data: zip(files, joined.data).flatMap { $0[$1] })
    }

    func take(_ file: File, as state: StateID) async throws {
        for engine in engines { try await engine.take(file.header + file.data, as: state) }
    }
}

extension AttentionEngine {
    /// A kept state's file.
    func bytes(of state: StateID) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let answer = try await states.export(
                ExportStateRequest(owner: Self.owner, state: state, offset: bytes.count, bytesMax: 1 << 16))
            bytes += answer.part
            if bytes.count == answer.fileBytes { return bytes }
        }
    }

    /// Takes a file in pieces.
    func take(_ file: [UInt8], as state: StateID) async throws {
        let size = 1 << 16
        for offset in stride(from: 0, to: max(1, file.count), by: size) {
            _ = try await states.import(
                ImportStateRequest(
                    owner: Self.owner, state: state, scope: "", offset: offset, isLast: offset + size >= file.count,
                    part: Array(file.dropFirst(offset).prefix(size))))
        }
    }
}
