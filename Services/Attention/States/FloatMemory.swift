internal import Synchronization
internal import Tensors

/// A piece of state memory: `count` numbers of one format. Threads may use it side by side, each a part of its own.
///
/// Live and kept states may refer to it together. Then it is read only, except that the one live state that grows in it
/// may write behind what the others see.
@safe final class FloatMemory: Sendable {
    /// Valid as long as this object.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer
    let format: FloatFormat
    let count: Int
    private let book: MemoryBook
    /// How many states refer to it, and how many of them are live.
    private let references = Atomic(0), pins = Atomic(0)

    var byteCount: Int { count * format.byteCount }
    /// The first number of memory in f32; valid as long as this object.
    var base: UnsafeMutablePointer<Float> {
        precondition(format == .float32, "memory in \(format.rawValue)")
        return unsafe memory.assumingMemoryBound(to: Float.self)
    }
    /// A live state refers to it.
    var isPinned: Bool { pins.load(ordering: .relaxed) > 0 }
    /// More than one state refers to it. Where none but the caller's does, all that others have read of it lies behind
    /// them, so that it may be changed.
    var isShared: Bool { references.load(ordering: .acquiring) > 1 }

    init(_ format: FloatFormat = .float32, count: Int, isZero: Bool = true, _ book: MemoryBook) {
        (self.format, self.count, self.book) = (format, count, book)
        let byteCount = count * format.byteCount
        unsafe memory = unsafe book.arena.allocate(byteCount)
        switch format {
        case .float32: unsafe memory.bindMemory(to: Float.self, capacity: count)
        case .bfloat16: unsafe memory.bindMemory(to: UInt16.self, capacity: count)
        }
        if isZero { unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }
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
        precondition(format == other.format, "a copy of \(other.format.rawValue) in \(format.rawValue)")
        let from = unsafe UnsafeRawBufferPointer(other.bytes(range))
        if !range.isEmpty { unsafe bytes(range).copyMemory(from: from) }
    }

    /// Some of the numbers as bytes; valid as long as this object.
    func bytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "numbers \(range) of \(count)")
        return unsafe UnsafeMutableRawBufferPointer(
            start: memory + range.lowerBound * format.byteCount, count: range.count * format.byteCount)
    }

    deinit {
        book.use(-byteCount)
        unsafe book.arena.free(memory, byteCount)
    }
}
