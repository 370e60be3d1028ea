import Checkpoint
import Foundation
import Testing

@testable import Attention

@Suite("Files of parked sessions") struct ParkedSessionTests {
    private static let config = try! Fixture.files("mixed-original").config

    /// A session that has seen `length` tokens, its memory filled with numbers that follow from `seed`.
    private func session(_ lengths: [Int], seed: Int) -> Session {
        let session = Session(Self.config, tokensMax: 200, lengths: lengths)
        for (index, piece) in session.layers.flatMap(\.usedMemory).enumerated() {
            for (place, value) in pattern(piece.count / 4, seed: seed + index).enumerated() {
                piece.storeBytes(of: value, toByteOffset: 4 * place, as: Float.self)
            }
        }
        return session
    }

    private func memory(_ session: Session) -> [UInt8] { bytes(session.layers.flatMap(\.usedMemory)) }

    /// A parked session in a file that the test can reach by its descriptor.
    private func parked(_ session: Session) throws -> (parked: ParkedSession, descriptor: Int32) {
        var name = Array("/tmp/parked-session-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        try #require(descriptor >= 0 && unlink(name) == 0)
        let copy = dup(descriptor)
        return (try ParkedSession(session, to: ParkingFile(descriptor: descriptor)), copy)
    }

    private func error(_ parked: ParkedSession, tokensMax: Int = 200) -> ParkingError? {
        do throws(ParkingError) {
            _ = try parked.session(Self.config, tokensMax: tokensMax)
            return nil
        } catch { return error }
    }

    private static let notWritten = ParkingError.damaged("its checksum is not that of what was written")
    private static let otherHeader = ParkingError.damaged("its header is not the one that was written")

    @Test(
        "hold every layer's state and length, also where a step was cut off between layers",
        arguments: [
            [0, 0, 0], [1, 1, 1], [64, 64, 64], [130, 130, 129], [65, 64, 64],
        ])
    func roundTrip(lengths: [Int]) throws {
        let session = session(lengths, seed: 1)
        let (parked, descriptor) = try parked(session)
        defer { close(descriptor) }
        let resumed = try parked.session(Self.config, tokensMax: 300)
        #expect(memory(resumed) == memory(session))
        #expect(resumed.layers.map(\.length) == lengths)
        #expect(resumed.tokensMax == 300 && parked.tokensMax == 200 && parked.length == lengths.max())
        #expect(resumed.reservedBytes == Self.config.sessionBytes(tokensMax: 300))
        #expect(parked.byteCount == Int(lseek(descriptor, 0, SEEK_END)))
        #expect(try memory(parked.session(Self.config, tokensMax: 200)) == memory(session), "it can be read again")
    }

    @Test("cut off anywhere, they say after how many bytes they end")
    func truncated() throws {
        let (parked, descriptor) = try parked(session([70, 70, 70], seed: 2))
        defer { close(descriptor) }
        let all = parked.byteCount
        let ends = Set([0, 1, 7, 8, 63, 64, 65, all / 2, all - 4, all - 1]).union(stride(from: 0, to: all, by: 997))
        for end in ends.sorted(by: >) {
            try #require(ftruncate(descriptor, off_t(end)) == 0)
            #expect(error(parked) == .damaged("it ends after \(end) bytes"))
        }
    }

    @Test("altered anywhere by one bit, they are refused, and good again when that is undone")
    func altered() throws {
        let (parked, descriptor) = try parked(session([70, 70, 70], seed: 3))
        defer { close(descriptor) }
        let headerBytes = (1 + 2 + 2 * 3) * 8        // the magic number, two counts, and two numbers a layer
        for place in Set(0 ..< headerBytes).union(stride(from: headerBytes, to: parked.byteCount, by: 611)) {
            var byte: UInt8 = 0
            pread(descriptor, &byte, 1, off_t(place))
            var altered = byte ^ (1 << UInt8(place % 8))
            pwrite(descriptor, &altered, 1, off_t(place))
            #expect(error(parked) == (place < headerBytes ? Self.otherHeader : Self.notWritten), "byte \(place)")
            pwrite(descriptor, &byte, 1, off_t(place))
        }
        #expect(error(parked) == nil)
    }

    @Test("the file of another session is refused, of another length by its header, of the same by its checksum")
    func foreign() throws {
        let (mine, descriptor) = try parked(session([70, 70, 70], seed: 4))
        defer { close(descriptor) }
        for (lengths, expected) in [([70, 70, 70], Self.notWritten), ([71, 71, 71], Self.otherHeader)] {
            let (other, otherDescriptor) = try parked(session(lengths, seed: 5))
            defer { close(otherDescriptor) }
            var content = [UInt8](repeating: 0, count: other.byteCount)
            #expect(pread(otherDescriptor, &content, content.count, 0) == content.count)
            #expect(pwrite(descriptor, content, content.count, 0) == content.count)
            #expect(error(mine) == expected)
        }
    }

    @Test("what is behind the session's bytes does not matter")
    func longer() throws {
        let (parked, descriptor) = try parked(session([3, 3, 3], seed: 6))
        defer { close(descriptor) }
        #expect(pwrite(descriptor, [1, 2, 3] as [UInt8], 3, off_t(parked.byteCount)) == 3)
        #expect(error(parked) == nil)
    }
}

@Suite("Parking files") struct ParkingFileTests {
    /// Memory of `count` bytes that follow from `seed`.
    private final class Piece {
        let memory: UnsafeMutableRawBufferPointer

        init(_ count: Int, seed: Int?) {
            memory = .allocate(byteCount: count, alignment: 64)
            for index in 0 ..< count { memory[index] = seed.map { UInt8((index * 7 + $0) % 251) } ?? 0 }
        }

        deinit { memory.deallocate() }
    }

    private static let buffer = 1 << 20

    @Test(
        "pieces come back in order, those that fill the buffer, just fit into it or are larger",
        arguments: [
            [], [0], [1, 0, 2], [buffer], [buffer + 1], [buffer - 1, 1, 1], [1, buffer], [buffer / 2, buffer / 2, 5],
            [3, 2 * buffer + 1, 3],
        ])
    func pieces(counts: [Int]) throws {
        let file = try ParkingFile(in: "/tmp")
        let written = counts.enumerated().map { Piece($1, seed: $0 + 1) }
        try file.write(written.map(\.memory))
        let read = counts.map { Piece($0, seed: nil) }
        try file.read(into: read.map(\.memory))
        for (from, to) in zip(written, read) { #expect(from.memory.elementsEqual(to.memory)) }
        // The same bytes in one piece, and one byte more than there are.
        let all = counts.reduce(0, +), whole = Piece(all, seed: nil)
        try file.read(into: [whole.memory])
        #expect(whole.memory.elementsEqual(written.flatMap { Array($0.memory) }))
        let more = Piece(all + 1, seed: nil)
        #expect(throws: ParkingError.damaged("it ends after \(all) bytes")) { try file.read(into: [more.memory]) }
    }

    @Test("a second writing replaces the first from its beginning")
    func rewritten() throws {
        let file = try ParkingFile(in: "/tmp")
        let first = Piece(100, seed: 1), second = Piece(100, seed: 2), read = Piece(100, seed: nil)
        try file.write([first.memory])
        try file.write([second.memory])
        try file.read(into: [read.memory])
        #expect(read.memory.elementsEqual(second.memory) && !read.memory.elementsEqual(first.memory))
    }

    @Test(
        "what the system refuses is told in its words",
        arguments: [
            ("", "the folder's name is empty or contains a zero byte"),
            ("/nowhere/at/all", "No such file or directory"),
            ("/dev/null", "Not a directory"),
        ])
    func refused(folder: String, why: String) {
        let error = #expect(throws: ParkingError.self) { try ParkingFile(in: folder) }
        #expect(error == .disk(why))
        #expect(error?.description == why)
    }
}
