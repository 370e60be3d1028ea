import Foundation
import Snapshots
import TestSupport
import Testing

@testable import Attention

@Suite("Files of kept states") struct SnapshotFileTests {
    @Test(
        "give back every tensor and the description, however the memory is cut",
        arguments: [1, 4, 60, 64, 1000, 4096, 1 << 14])
    func roundTrip(pageBytes: Int) throws {
        var random = SplitMix64(seed: UInt64(pageBytes))
        let memory = TensorMemory(), written = memory.state(pageBytes: pageBytes), read = memory.state()
        for tensor in written { tensor.fill(&random) }
        try withFolder { folder in
            let size = try SnapshotFile.write(.example, written, to: folder, name: "state")
            #expect(size == SnapshotFile.byteCount(.example, written))
            #expect(try files(in: folder) == ["state"])
            let file = try SnapshotFile.open("\(folder)/state")
            #expect(file.byteCount == size && file.description == .example)
            // The order in which tensors are asked for does not matter.
            try file.read(into: read.reversed())
            #expect(read.map(\.content) == written.map(\.content))
            #expect(try bytes(ofTokens: file.tokens()) == written[0].content)
            #expect(try Data(file.bytes(at: 0, count: .max)) == Data(contentsOf: URL(filePath: "\(folder)/state")))
        }
    }

    private func bytes(ofTokens tokens: [Int32]) -> [UInt8] { tokens.withUnsafeBytes { Array($0) } }

    @Test("pieces longer and shorter than the buffer come back in order")
    func longPieces() throws {
        let buffer = SnapshotRun.bufferBytes, short = SnapshotRun.shortPieceBytes
        var random = SplitMix64(seed: 2)
        let memory = TensorMemory()
        for pieceBytes in [short - 4, short, buffer - 4, buffer, buffer + 4, 3 * buffer] {
            let shape = [(2 * buffer + 40) / 4]
            let written = [memory.tensor("a", .float32, shape: shape, pieceBytes: pieceBytes)]
            let read = [memory.tensor("a", .float32, shape: shape, pieceBytes: 1 << 16)]
            var values = random
            for piece in written[0].pieces {
                piece.withMemoryRebound(to: UInt32.self) { for index in $0.indices { $0[index] = UInt32(index) } }
                piece.copyBytes(from: values.bytes(32))
            }
            _ = random.next()
            try withFolder { folder in
                try SnapshotFile.write(.example, written, to: folder, name: "state")
                try SnapshotFile.open("\(folder)/state").read(into: read)
                #expect(read[0].content == written[0].content, "pieces of \(pieceBytes) bytes")
            }
        }
    }

    @Test("token ids are none or as many as the state's length says")
    func tokenCounts() throws {
        let memory = TensorMemory()
        try withFolder { folder in
            for count in [0, 67] {
                try SnapshotFile.write(.example, memory.state(tokens: count), to: folder, name: "state")
                #expect(try SnapshotFile.open("\(folder)/state").tokens().count == count)
            }
            try SnapshotFile.write(.example, memory.state(tokens: 66), to: folder, name: "state")
            let why = "its tensor tokens must be I32 of shape [67], found I32 of shape [66]"
            #expect(throws: SnapshotError.otherTensors(why)) { try SnapshotFile.open("\(folder)/state").tokens() }
        }
    }

    @Test("a state without tokens, or with no tensor at all, is a file like any other")
    func empty() throws {
        let memory = TensorMemory()
        try withFolder { folder in
            let none = [memory.tensor(SnapshotFormat.tokens, .int32, shape: [0], pieceBytes: 4)]
            for (name, tensors) in [("none", none), ("nothing", [])] {
                try SnapshotFile.write(.example, tensors, to: folder, name: name)
                #expect(refusal("\(folder)/\(name)", into: tensors) == nil)
                #expect(try SnapshotFile.open("\(folder)/\(name)").tokens() == [])
            }
        }
    }

    @Test("some bytes of a file are those at that place, and fewer where it ends")
    func parts() throws {
        let memory = TensorMemory()
        try withFolder { folder in
            let size = try SnapshotFile.write(.example, memory.state(), to: folder, name: "state")
            let all = try Array(Data(contentsOf: URL(filePath: "\(folder)/state")))
            let file = try SnapshotFile.open("\(folder)/state")
            for (offset, count) in [(0, 10), (100, 1), (size - 5, 100), (size, 1), (size + 7, 1), (3, 0), (-1, 4)] {
                let start = min(max(0, offset), size)
                #expect(try file.bytes(at: offset, count: count) == Array(all[start...].prefix(count)))
            }
        }
    }

    @Test("a file that is open can be read to its end although it was deleted or replaced")
    func deletedMeanwhile() throws {
        var random = SplitMix64(seed: 3)
        let memory = TensorMemory(), written = memory.state(), other = memory.state(), read = memory.state()
        for tensor in written + other { tensor.fill(&random) }
        try withFolder { folder in
            try SnapshotFile.write(.example, written, to: folder, name: "state")
            let file = try SnapshotFile.open("\(folder)/state")
            try SnapshotFile.write(.example, other, to: folder, name: "state")
            try file.read(into: read)
            #expect(read.map(\.content) == written.map(\.content))
            #expect(refusal("\(folder)/state", into: read) == nil)
            #expect(read.map(\.content) == other.map(\.content))
            #expect(unlink("\(folder)/state") == 0)
            #expect(refusal("\(folder)/state", into: read) == .missing)
            try file.read(into: read)
            #expect(read.map(\.content) == written.map(\.content))
        }
    }

    @Test("another checkpoint and another arithmetic are each refused by name")
    func foreign() throws {
        let mine = SnapshotDescription.example
        try mine.require(fingerprint: mine.fingerprint, arithmetic: "exact")
        let foreign = #expect(throws: SnapshotError.self) { try mine.require(fingerprint: "ff", arithmetic: "fast") }
        #expect(foreign == .foreignCheckpoint(expected: "ff", found: mine.fingerprint))
        #expect("\(foreign!)".contains("must be ff, as the loaded checkpoint's is, found \(mine.fingerprint)"))
        let other = #expect(throws: SnapshotError.self) {
            try mine.require(fingerprint: mine.fingerprint, arithmetic: "fast")
        }
        #expect(other == .otherArithmetic(expected: "fast", found: "exact"))
        #expect("\(other!)".contains("expected fast, as this service computes, found exact"))
    }

    @Test("exactly the expected tensors are read: a missing, another or one more is named")
    func otherTensors() throws {
        let memory = TensorMemory(), written = memory.state()
        func tensor(_ name: String, _ type: SnapshotTensor.ElementType, _ shape: [Int]) -> SnapshotTensor {
            memory.tensor(name, type, shape: shape, pieceBytes: 4096)
        }
        let first = written.dropFirst()
        let cases: [([SnapshotTensor], String)] = [
            (Array(first), "its tensor I32 of shape [67] is none of such a state"),
            (written + [tensor("more", .float32, [1])], "it has no tensor more, expected F32 of shape [1]"),
            (
                first + [tensor("tokens", .float32, [67])],
                "its tensor tokens must be F32 of shape [67], found I32 of shape [67]"
            ),
            (
                first + [tensor("tokens", .int32, [67, 1])],
                "its tensor tokens must be I32 of shape [67, 1], found I32 of shape [67]"
            ),
        ]
        try withFolder { folder in
            try SnapshotFile.write(.example, written, to: folder, name: "state")
            for (tensors, why) in cases {
                #expect(refusal("\(folder)/state", into: tensors) == .otherTensors(why))
            }
        }
    }

    @Test(
        "what is no readable file is told in the system's words",
        arguments: [
            ("/nowhere/at/all", SnapshotError.missing), ("/dev/null", .disk("it is not a regular file")),
            ("/tmp", .disk("it is not a regular file")), ("a\u{0}b", .disk("the file's name contains a zero byte")),
        ])
    func unreadable(path: String, expected: SnapshotError) {
        #expect(refusal(path, into: []) == expected)
    }
}
