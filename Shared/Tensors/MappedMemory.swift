#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Memory of ordinary pages, as mapped weights have, filled with a pattern so that each page is really there.
///
/// Written before anyone else sees it, then only read.
@safe package final class MappedMemory: @unchecked Sendable {
    /// The first byte, where a page begins.
    package let base: UnsafeMutableRawPointer
    /// As many bytes as were asked for, all of them usable.
    package let byteCount: Int

    /// - Returns: nil when the system has no such memory to give.
    package init?(byteCount: Int) {
        guard byteCount > 0,
            let base = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe base != MAP_FAILED
        else {
            return nil
        }
        unsafe self.base = base
        self.byteCount = byteCount
        unsafe memset(base, 0x3C, byteCount)        // two such bytes are the bfloat16 0.0115
    }

    deinit { unsafe munmap(base, byteCount) }
}
