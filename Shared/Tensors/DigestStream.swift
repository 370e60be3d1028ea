internal import CKernels

/// The digest of bytes that come in pieces of any lengths: a matrix of one row of these bytes has the same.
///
/// Zeros at the end count no more than the last block of 64 bytes that they fill, so whoever compares two digests must
/// know that the lengths are equal.
@safe package struct DigestStream {
    private static let blockBytes = Int(KERNEL_DIGEST_BLOCK)

    private let table: kernel_table
    private var sums = [UInt64](repeating: 0, count: Int(KERNEL_DIGEST_SUMS))
    /// The beginning of the block that the last piece ended in.
    private var open: [UInt8] = []
    /// Bytes of whole blocks so far.
    private var wholeBytes = 0

    /// - Parameter kernels: all give the same digest.
    package init(_ kernels: Kernels = .best) { unsafe table = kernels.table }

    /// Takes the next bytes.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var rest = unsafe bytes
        if !open.isEmpty {
            let taken = min(Self.blockBytes - open.count, rest.count)
            unsafe open.append(contentsOf: rest[..<taken])
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard open.count == Self.blockBytes else { return }
            closeBlock()
        }
        let whole = rest.count / Self.blockBytes * Self.blockBytes
        unsafe addBlocks(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        unsafe open.append(contentsOf: rest[whole...])
    }

    /// The digest of all bytes that were added.
    package func finished() -> Digest {
        var copy = self
        if !copy.open.isEmpty { copy.closeBlock() }
        return Digest(sums: copy.sums)
    }

    /// Adds the open block, filled up with zeros.
    private mutating func closeBlock() {
        let block = open + [UInt8](repeating: 0, count: Self.blockBytes - open.count)
        open.removeAll(keepingCapacity: true)
        unsafe block.withUnsafeBytes { unsafe addBlocks($0) }
    }

    private mutating func addBlocks(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        let firstWord = UInt64(wholeBytes / MemoryLayout<UInt64>.size)
        unsafe table.digest(&sums, base, bytes.count, bytes.count, 1, firstWord)
        wholeBytes += bytes.count
    }
}
