import Foundation

/// Memory between two pages that may not be touched: one step outside ends the process.
final class GuardedMemory {
    enum Side: CaseIterable { case start, end }

    private let mapping: UnsafeMutableRawPointer
    private let length: Int
    /// The first of `byteCount` bytes that lie against the page before them (`.start`) or behind them (`.end`).
    let base: UnsafeMutableRawPointer

    init(byteCount: Int, against side: Side) {
        let page = Int(getpagesize())
        let inner = (max(byteCount, 1) + page - 1) / page * page
        length = inner + 2 * page
        mapping = mmap(nil, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(
            mapping != MAP_FAILED && mprotect(mapping + page, inner, PROT_READ | PROT_WRITE) == 0,
            "no memory of \(inner) bytes")
        base = mapping + page + (side == .end ? inner - byteCount : 0)
    }

    convenience init(_ values: [Float], against side: Side) {
        self.init(byteCount: values.count * 4, against: side)
        values.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    deinit { munmap(mapping, length) }

    var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
}
