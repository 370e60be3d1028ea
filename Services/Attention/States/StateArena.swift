internal import Foundation
internal import Synchronization

/// Memory for the pieces that states consist of. A model has pieces of a few sizes only, so those of one size lie side
/// by side in large stretches, and a free one serves for the next that is asked for: nothing is lost between them, and
/// what states take is what the process takes.
///
/// What was freed stays at hand for a moment, since taking it again costs nothing then. What is free for longer goes
/// back to the system.
@safe final class StateArena: Sendable {
    @safe private struct Piece: @unchecked Sendable {        // whoever takes it out of a list owns it
        let base: UnsafeMutableRawPointer
    }

    /// Free pieces of one size.
    private struct FreePieces {
        /// Freed since the last call of `coolDown`, and before that.
        var warm: [Piece] = [], cooling: [Piece] = []
        /// The system has their memory.
        var cold: [Piece] = []

        mutating func take() -> (piece: Piece, isCold: Bool)? {
            if let piece = warm.popLast() ?? cooling.popLast() { return (piece, false) }
            return cold.popLast().map { ($0, true) }
        }
    }

    private struct Stretches {
        var free: [Int: FreePieces] = [:]        // by the pieces' size
        var all: [(piece: Piece, byteCount: Int)] = []
    }

    private let stretches = Mutex(Stretches())

    /// How much is asked of the system at a time, at least.
    private static let stretchBytes = 4 << 20
    private static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    /// Pieces begin at lines of the cache.
    private static let alignment = 64

    /// Memory of so many bytes, which the process really has: what it holds means nothing.
    func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let (piece, isCold) = take(Self.size(byteCount))
        if isCold {
            for place in stride(from: 0, to: byteCount, by: Self.pageBytes) {
                unsafe piece.base.storeBytes(of: 0, toByteOffset: place, as: UInt8.self)
            }
        }
        return unsafe piece.base
    }

    private func take(_ size: Int) -> (Piece, isCold: Bool) {
        stretches.withLock { stretches in
            if let found = stretches.free[size]?.take() { return found }
            let count = max(1, Self.stretchBytes / size)
            let stretch = Self.map(count * size)
            stretches.all.append((stretch, count * size))
            let pieces = (0 ..< count).reversed().map { unsafe Piece(base: stretch.base + $0 * size) }
            stretches.free[size, default: FreePieces()].cold += pieces.dropLast()
            return (pieces[count - 1], true)
        }
    }

    /// Takes memory back that `allocate` gave for so many bytes.
    func free(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
        let piece = unsafe Piece(base: base)
        stretches.withLock { $0.free[Self.size(byteCount), default: FreePieces()].warm.append(piece) }
    }

    /// To be called now and then: what has been free since the call before goes back to the system.
    func coolDown() {
        stretches.withLock { stretches in
            for (size, var pieces) in stretches.free {
                for piece in pieces.cooling { Self.giveBack(piece, size) }
                pieces.cold += pieces.cooling
                (pieces.cooling, pieces.warm) = (pieces.warm, [])
                stretches.free[size] = pieces
            }
        }
    }

    private static func size(_ byteCount: Int) -> Int { (max(1, byteCount) + alignment - 1) / alignment * alignment }

    private static func map(_ byteCount: Int) -> Piece {
        let base = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base = unsafe base, unsafe base != MAP_FAILED else {
            preconditionFailure("the system has no \(byteCount) bytes of memory left for states")
        }
        return unsafe Piece(base: base)
    }

    /// The system takes whole pages.
    private static func giveBack(_ piece: Piece, _ size: Int) {
        let first = unsafe (Int(bitPattern: piece.base) + pageBytes - 1) / pageBytes * pageBytes
        let end = unsafe (Int(bitPattern: piece.base) + size) / pageBytes * pageBytes
        if first < end { unsafe madvise(UnsafeMutableRawPointer(bitPattern: first), end - first, MADV_DONTNEED) }
    }

    deinit {
        stretches.withLock { stretches in
            for (piece, byteCount) in stretches.all { unsafe munmap(piece.base, byteCount) }
        }
    }
}
