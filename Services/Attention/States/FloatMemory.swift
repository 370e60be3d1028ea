internal import Synchronization

/// A piece of state memory: `count` floats. Threads may use it side by side, each a part of its own.
///
/// Live and kept states may refer to it together. Then it is read only, except that the one live state that grows in it
/// may write behind what the others see.
@safe final class FloatMemory: Sendable {
    /// The first float; valid as long as this object.
    nonisolated(unsafe) let base: UnsafeMutablePointer<Float>
    let count: Int
    private let book: MemoryBook
    /// How many states refer to it, and how many of them are live.
    private let references = Atomic(0), pins = Atomic(0)

    var byteCount: Int { count * MemoryLayout<Float>.stride }
    /// A live state refers to it.
    var isPinned: Bool { pins.load(ordering: .relaxed) > 0 }
    /// More than one state refers to it. Where none but the caller's does, all that others have read of it lies behind
    /// them, so that it may be changed.
    var isShared: Bool { references.load(ordering: .acquiring) > 1 }

    init(count: Int, isZero: Bool = true, _ book: MemoryBook) {
        let memory = unsafe book.arena.allocate(count * MemoryLayout<Float>.stride)
        unsafe base = unsafe memory.bindMemory(to: Float.self, capacity: count)
        if isZero { unsafe base.initialize(repeating: 0, count: count) }
        self.count = count
        self.book = book
        book.use(byteCount)
    }

    /// A live state refers to it.
    func pin() {
        if pins.add(1, ordering: .relaxed).oldValue == 0 { book.pin(byteCount) }
        hold()
    }
    /// A live state does no longer.
    func unpin() {
        release()
        if pins.subtract(1, ordering: .relaxed).newValue == 0 { book.pin(-byteCount) }
    }
    /// A kept state refers to it.
    func hold() { if references.add(1, ordering: .relaxed).oldValue == 1 { book.share(byteCount) } }
    /// A kept state does no longer.
    func release() { if references.subtract(1, ordering: .releasing).newValue == 1 { book.share(-byteCount) } }

    func copy(_ range: Range<Int>, from other: FloatMemory) {
        precondition(range.lowerBound >= 0 && range.upperBound <= min(count, other.count), "\(range) of \(count)")
        unsafe (base + range.lowerBound).update(from: other.base + range.lowerBound, count: range.count)
    }

    /// Some of the floats as bytes; valid as long as this object.
    func bytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "floats \(range) of \(count)")
        return unsafe UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    deinit {
        book.use(-byteCount)
        unsafe book.arena.free(UnsafeMutableRawPointer(base), byteCount)
    }
}
