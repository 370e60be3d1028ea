internal import Synchronization
internal import Tensors

/// The one book of the memory that states take. Every piece of state memory is entered when it is made and crossed out
/// when it is freed, so the sums are what there is, however states share it.
final class MemoryBook: Sendable {
    /// Where the memory comes from.
    let arena = StateArena()
    private let used = Atomic(0)
    private let pinned = Atomic(0)
    private let shared = Atomic(0)
    private let reserved = Atomic(0)

    /// Bytes of all state memory there is.
    var usedBytes: Int { used.load(ordering: .relaxed) }
    /// Bytes of memory that live states refer to, each counted once.
    var pinnedBytes: Int { pinned.load(ordering: .relaxed) }
    /// Bytes of memory that kept states alone refer to. What is made or freed meanwhile may be in one of the sums only.
    var keptBytes: Int { max(0, usedBytes - pinnedBytes) }
    /// Bytes of memory that more than one state refers to, each counted once.
    var sharedBytes: Int { shared.load(ordering: .relaxed) }
    /// Bytes that live states may still ask for.
    var reservedBytes: Int { reserved.load(ordering: .relaxed) }
    /// What no kept state could make free.
    var boundBytes: Int { pinnedBytes + reservedBytes }

    func use(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }
    func pin(_ bytes: Int) { pinned.add(bytes, ordering: .relaxed) }
    func share(_ bytes: Int) { shared.add(bytes, ordering: .relaxed) }
    func reserve(_ bytes: Int) { reserved.add(bytes, ordering: .relaxed) }
}

/// What one live state was granted and has not asked for yet. Belongs to the thread that the live state belongs to.
final class Allowance {
    let book: MemoryBook
    /// Never below 0 where the grants were right.
    private(set) var bytesLeft = 0

    init(_ book: MemoryBook) { self.book = book }

    func grant(_ bytes: Int) {
        bytesLeft += bytes
        book.reserve(bytes)
    }

    /// Memory that the live state refers to from now on.
    ///
    /// - Parameter isZero: whether it has to begin as zeros; else what it holds means nothing.
    func allocate(_ format: FloatFormat = .float32, count: Int, isZero: Bool = false) -> FloatMemory {
        let memory = FloatMemory(format, count: count, isZero: isZero, book)
        grant(-memory.byteCount)
        memory.pin()
        return memory
    }

    deinit { book.reserve(-bytesLeft) }
}
