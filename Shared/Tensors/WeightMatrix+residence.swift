#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Weights in a mapped file come into memory when they are first read; these say when. Weights elsewhere must not be
/// unloaded: they would be gone.
extension WeightMatrix {
    /// Reads the weights once, so that no later product waits for a disk.
    package func load() {
        unsafe forEachStretch { start, count in
            var offset = 0
            while offset < count {
                unsafe touch(start + offset)
                offset += Int(getpagesize())
            }
            unsafe touch(start + count - 1)
        }
    }

    /// Gives back the pages that hold nothing else, as far as this process is concerned; reading the weights again
    /// brings them back. Columns of a larger matrix share their pages with other columns, and stay.
    package func unload() {
        guard stride == columns else { return }
        unsafe forEachStretch { start, count in
            let page = UInt(getpagesize()), address = UInt(bitPattern: start)
            let first = (address + page - 1) / page * page, end = (address + UInt(count)) / page * page
            guard first < end, let pages = unsafe UnsafeMutableRawPointer(bitPattern: first) else { return }
            _ = unsafe madvise(pages, Int(end - first), MADV_DONTNEED)
        }
    }

    /// Calls `body` for each stretch of neighbouring bytes: elements, then scales.
    private func forEachStretch(_ body: (_ start: UnsafeRawPointer, _ count: Int) -> Void) {
        func visit(_ base: UnsafeRawPointer, _ count: Int, _ apart: Int) {
            guard rows > 0, count > 0 else { return }
            guard count < apart else { return unsafe body(base, rows * count) }
            for row in 0 ..< rows { unsafe body(base + row * apart, count) }
        }
        unsafe visit(base, elementType.rowByteCount(columns: columns), elementType.rowByteCount(columns: stride))
        if let scales = unsafe scales {
            unsafe visit(
                scales, 2 * elementType.scaleCount(columns: columns), 2 * elementType.scaleCount(columns: stride))
        }
    }
}

/// Reads a byte; the compiler cannot know that nothing comes of it.
@inline(never) @_optimize(none) private func touch(_ byte: UnsafeRawPointer) { _ = unsafe byte.load(as: UInt8.self) }
