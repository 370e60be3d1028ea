import Foundation
import TestSupport
import Testing

@testable import Attention

@Suite("Memory for pieces of states") struct StateArenaTests {
    @Test("pieces never overlap, whatever comes and goes", arguments: [1, 2, 3] as [UInt64])
    func apart(seed: UInt64) {
        let arena = StateArena(), sizes = [1, 64, 100, 18_432, 98_304, 5 << 20]
        var random = SplitMix64(seed: seed), pieces: [(base: UnsafeMutableRawPointer, size: Int, mark: UInt8)] = []
        for step in 0 ..< 2000 {
            switch Int.random(in: 0 ..< 10, using: &random) {
            case 0 ..< 5:
                let size = sizes.randomElement(using: &random)!, mark = UInt8(truncatingIfNeeded: step)
                let base = arena.allocate(size)
                memset(base, Int32(mark), size)
                pieces.append((base, size, mark))
            case 5: arena.coolDown()
            default:
                guard !pieces.isEmpty else { continue }
                let piece = pieces.remove(at: Int.random(in: pieces.indices, using: &random))
                let bytes = UnsafeRawBufferPointer(start: piece.base, count: piece.size)
                guard bytes.allSatisfy({ $0 == piece.mark }) else {
                    Issue.record("step \(step): a piece of \(piece.size) bytes was changed by somebody else")
                    return
                }
                arena.free(piece.base, piece.size)
            }
        }
        #expect(pieces.allSatisfy { Int(bitPattern: $0.base) % 64 == 0 })
    }

    @Test("what is free for a while goes back to the system, and what is asked for again is usable")
    func coolDown() {
        let arena = StateArena(), size = 1 << 20
        let pieces = (0 ..< 64).map { _ in arena.allocate(size) }
        for piece in pieces { memset(piece, 1, size) }
        for piece in pieces.dropFirst() { arena.free(piece, size) }
        arena.coolDown()
        #expect(pieces[1].load(as: UInt8.self) == 1, "at hand for a moment")
        arena.coolDown()
        #expect(pieces.dropFirst().allSatisfy { $0.load(as: UInt8.self) == 0 }, "the system gives fresh pages")
        #expect(pieces[0].load(as: UInt8.self) == 1)
        let again = (0 ..< 63).map { _ in arena.allocate(size) }
        #expect(Set(again) == Set(pieces.dropFirst()))
    }
}
