import Checkpoint
import Foundation
import Snapshots
import TestSupport
import Testing

@testable import Attention

@Suite("Damaged files of kept states") struct DamagedSnapshotTests {
    /// A state's file in memory, and on disk where it can be altered.
    private final class Sample {
        let memory = TensorMemory()
        let folder: String
        let content: [UInt8]
        let headerBytes: Int
        let read: [SnapshotTensor]
        private let descriptor: Int32
        var path: String { "\(folder)/state" }

        init(_ folder: String, seed: UInt64) throws {
            self.folder = folder
            var random = SplitMix64(seed: seed)
            let tensors = memory.state()
            for tensor in tensors { tensor.fill(&random) }
            try SnapshotFile.write(.example, tensors, to: folder, name: "state")
            content = try Array(Data(contentsOf: URL(filePath: "\(folder)/state")))
            headerBytes = SnapshotHeader.bytes(.example, tensors.map(\.inHeader), checksums: nil).count
            read = memory.state()
            descriptor = open("\(folder)/state", O_RDWR)
        }

        deinit { close(descriptor) }

        /// Why a file of these bytes is refused; nil if it is not.
        func refusal(of bytes: [UInt8]) throws -> SnapshotError? {
            let written = pwrite(descriptor, bytes, bytes.count, 0)
            try #require(written == bytes.count && ftruncate(descriptor, off_t(bytes.count)) == 0)
            return AttentionTests.refusal(path, into: read)
        }
    }

    private func isDamaged(_ error: SnapshotError?) -> Bool { if case .damaged = error { true } else { false } }

    @Test("cut off at every 1,000th byte and everywhere in the header, or one byte longer, they are refused")
    func truncated() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 1)
            #expect(try sample.refusal(of: sample.content) == nil)
            #expect(isDamaged(try sample.refusal(of: sample.content + [0])))
            let ends = Array(0 ... sample.headerBytes) + Array(stride(from: 0, to: sample.content.count, by: 1000))
            for end in ends + [sample.content.count - 1] {
                #expect(isDamaged(try sample.refusal(of: Array(sample.content[..<end]))), "\(end) bytes")
            }
        }
    }

    @Test("any flipped bit of the header, and of each byte of the data, is found")
    func flipped() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 2)
            var bytes = sample.content
            for place in bytes.indices {
                for bit in place < 100 ? 0 ..< 8 : place % 8 ..< place % 8 + 1 {
                    bytes[place] ^= 1 << bit
                    #expect(isDamaged(try sample.refusal(of: bytes)), "bit \(bit) of byte \(place)")
                    bytes[place] ^= 1 << bit
                }
            }
        }
    }

    @Test("damage in the data names its tensor")
    func named() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 3)
            for tensor in try SnapshotFile.open(sample.path).header.tensors {
                for place in [tensor.bytes.lowerBound, tensor.bytes.upperBound - 1] {
                    var bytes = sample.content
                    bytes[place] ^= 0x10
                    #expect(
                        try sample.refusal(of: bytes)
                            == .damaged("the checksum of its tensor \(tensor.name) is not that of what was written"))
                }
            }
        }
    }

    @Test("none of 10,000 mutations is accepted")
    func mutated() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 4)
            var random = SplitMix64(seed: 5)
            for round in 0 ..< 10_000 {
                var bytes = sample.content
                for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) {
                    mutate(&bytes, headerBytes: sample.headerBytes, &random)
                }
                if bytes == sample.content { bytes.removeLast() }
                #expect(isDamaged(try sample.refusal(of: bytes)), "round \(round)")
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], headerBytes: Int, _ random: inout SplitMix64) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: bytes.indices, using: &random)
        let inHeader = Int.random(in: 0 ..< min(headerBytes, bytes.count), using: &random)
        let count = Int.random(in: 1 ... 200, using: &random)
        switch Int.random(in: 0 ..< 7, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
        case 1: bytes[inHeader] ^= 1 << UInt8.random(in: 0 ..< 8, using: &random)
        case 2: bytes[inHeader] = UInt8.random(in: 0x20 ... 0x7E, using: &random)
        case 3: bytes.removeSubrange(place ..< min(place + count, bytes.count))
        case 4: bytes.insert(contentsOf: random.bytes(count), at: inHeader)
        case 5: for index in 0 ..< min(8, bytes.count) { bytes[index] = UInt8.random(in: 0 ... 255, using: &random) }
        default:        // two stretches change places, as of two tensors of equal shape
            let (a, b) = (place, Int.random(in: bytes.indices, using: &random))
            for index in 0 ..< count where max(a, b) + index < bytes.count { bytes.swapAt(a + index, b + index) }
        }
    }

    @Test("a header that lies is refused also where its checksum is right")
    func lyingHeader() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 6)
            let lies: [(String, String, SnapshotError?)] = [
                ("\"format\":\"minimax-state\"", "\"format\":\"minimax-shape\"", nil),
                (
                    "\"format_version\":\"1\"", "\"format_version\":\"3\"",
                    .newerFormat(expected: 2, found: 3)
                ),
                ("\"format_version\":\"1\"", "\"format_version\":\"x\"", nil),
                ("\"format_version\":\"1\"", "\"format_version\":\"2\"", nil),
                ("\"length\":\"67\"", "\"length\":\"-7\"", nil), ("\"length\":\"67\"", "\"length\":67  ", nil),
                ("\"length\":\"67\"", "\"length\":\"1099511627777\"", nil),
                ("\"length\":\"67\"", "\"length\":\"067\"", nil),
                ("\"promised\":\"true\"", "\"promised\":\"True\"", nil),
                ("\"scope\"", "\"skope\"", nil), ("\"shape\":[67]", "\"shape\":[76]", nil),
                ("\"shape\":[4,8,8]", "\"shape\":[8,8,8]", nil),
                ("\"dtype\":\"I32\"", "\"dtype\":\"I64\"", nil),
                (
                    "\"tokens\":{\"dtype\":\"I32\"", "\"tokens\":{\"dtype\":\"F32\"",
                    .otherTensors("its tensor tokens must be I32 of shape [67], found F32 of shape [67]")
                ),
                ("\"checksum.tokens\"", "\"checksum.tolkien\"", nil),
                ("\"data_offsets\":[0,268]", "\"data_offsets\":[4,272]", nil),
                ("\"data_offsets\":[0,268]", "\"data_offsets\":[-4,264]", nil),
                ("\"data_offsets\":[0,268]", "\"data_offsets\":[0,9223372036854775807]", nil),
                ("\"layers.0.state\":{", "\"layers.2.state\":{", nil),        // twice in one object
            ]
            for (old, new, expected) in lies {
                let error = try sample.refusal(of: resigned(sample, old, new))
                #expect(expected.map { $0 == error } ?? isDamaged(error), "\(new): \(String(describing: error))")
            }
            // So far the checksum was not what refused: a header that tells the truth in other words is accepted.
            #expect(try sample.refusal(of: resigned(sample, "\"dtype\":\"I32\",", " \"dtype\" :  \"I32\",")) == nil)
            let renamed = try resigned(sample, "\"layers.0.state\":{", "\"layers.x.state\":{")
            #expect(isDamaged(try sample.refusal(of: renamed)))
        }
    }

    @Test("two tensors of equal shape whose names are swapped are found by their checksums")
    func swappedNames() throws {
        try withFolder { folder in
            let sample = try Sample(folder, seed: 7)
            let once = try resigned(sample, "\"layers.0.state\":{", "\"layers.9.state\":{")
            let twice = AttentionTests.resigned(once, "\"layers.2.state\":{", "\"layers.0.state\":{")
            let thrice = AttentionTests.resigned(twice, "\"layers.9.state\":{", "\"layers.2.state\":{")
            let error = try sample.refusal(of: thrice)
            #expect(isDamaged(error) && "\(error!)".contains("checksum of its tensor layers."))
        }
    }

    private func resigned(_ sample: Sample, _ old: String, _ new: String) throws -> [UInt8] {
        AttentionTests.resigned(sample.content, old, new)
    }
}
