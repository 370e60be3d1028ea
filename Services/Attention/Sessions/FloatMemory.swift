/// Memory of a session's state: `count` floats, zero at first. Threads may use it side by side, each a part of its own.
@safe final class FloatMemory {
    /// The first float; valid as long as this object.
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)        // a line of the cache
        unsafe base = unsafe memory.initializeMemory(as: Float.self, repeating: 0, count: count)
        self.count = count
    }

    /// Some of the floats as bytes; valid as long as this object.
    func bytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "floats \(range) of \(count)")
        return unsafe UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    deinit { unsafe UnsafeMutableRawPointer(base).deallocate() }
}
