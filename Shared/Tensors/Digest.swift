internal import CKernels

/// 128 bits that tell one tensor's bytes from another's: against damage and mix-ups, no defence against made-up ones.
///
/// The same on every machine, for any number of threads, and wherever the rows lie. Any single flipped bit changes it.
package struct Digest: Sendable, Hashable {
    /// The lower 64 bits, which stand last in `description`.
    package let low: UInt64
    /// The upper 64 bits, which stand first in `description`.
    package let high: UInt64

    /// Puts together a digest that was computed before, here or by a peer.
    package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    /// - Parameter sums: as the kernels make them: eight of the words, eight of the words' products.
    init(sums: some RandomAccessCollection<UInt64>) {
        // One changed word changes one of the first eight sums; each step here is a bijection, so the result changes.
        func fold(_ sums: some Sequence<UInt64>) -> UInt64 {
            sums.reduce(0) { hash, sum in
                let product = (hash ^ sum) &* 0xBF58_476D_1CE4_E5B9
                return product ^ product >> 32
            }
        }
        self.init(low: fold(sums.prefix(8)), high: fold(sums.dropFirst(8)))
    }
}

extension Digest: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }

    /// From 32 hexadecimal digits.
    package init?(hexadecimal digits: Substring.UTF8View) {
        guard digits.count == 32 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0") ... UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a") ... UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            (high, low) = (high << 4 | low >> 60, low << 4 | UInt64(value))
        }
        self.init(low: low, high: high)
    }
}

extension Compute {
    /// The digest of each matrix, scales included; reads every byte of them once.
    package func digests(of matrices: [WeightMatrix]) -> [Digest] {
        let stretches = matrices.enumerated().flatMap { index, matrix in
            matrix.digestStretches.map { stretch in (matrix: index, stretch: stretch) }
        }
        // Each stretch has sums of its own, so that threads share nothing.
        var sums = [UInt64](repeating: 0, count: stretches.count * DigestStretch.sumCount)
        unsafe sums.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = unsafe buffer
            inParts(stretches.count) { part in
                for index in part {
                    let range = index * DigestStretch.sumCount ..< (index + 1) * DigestStretch.sumCount
                    unsafe stretches[index].stretch.add(to: buffer.extracting(range), table)
                }
            }
        }
        var totals = [[UInt64]](repeating: [UInt64](repeating: 0, count: DigestStretch.sumCount), count: matrices.count)
        for (index, stretch) in stretches.enumerated() {
            for sum in 0 ..< DigestStretch.sumCount {
                totals[stretch.matrix][sum] &+= sums[index * DigestStretch.sumCount + sum]
            }
        }
        return withExtendedLifetime(matrices) { totals.map { Digest(sums: $0) } }
    }
}

/// Some rows of a matrix, or of its scales; valid as long as the matrix.
@safe private struct DigestStretch {
    static let sumCount = Int(KERNEL_DIGEST_SUMS), blockBytes = Int(KERNEL_DIGEST_BLOCK)

    let base: UnsafeRawPointer
    let rowBytes: Int
    let stride: Int
    let rows: Int
    /// The number of the first row's first word, counted over elements and scales.
    let firstWord: UInt64

    func add(to sums: UnsafeMutableBufferPointer<UInt64>, _ table: kernel_table) {
        unsafe table.digest(sums.baseAddress, base, rowBytes, stride, rows, firstWord)
    }
}

extension WeightMatrix {
    private static let stretchBytes = 1 << 20

    /// Cut so that several threads have something to do.
    fileprivate var digestStretches: [DigestStretch] {
        func blocks(_ rowBytes: Int) -> Int { (rowBytes + DigestStretch.blockBytes - 1) / DigestStretch.blockBytes }
        func cut(_ base: UnsafeRawPointer, _ rowBytes: Int, _ stride: Int, firstBlock: Int) -> [DigestStretch] {
            let step = max(1, Self.stretchBytes / max(1, rowBytes))
            return Swift.stride(from: 0, to: rows, by: step).map { row in
                unsafe DigestStretch(
                    base: base + row * stride, rowBytes: rowBytes, stride: stride, rows: min(step, rows - row),
                    firstWord: UInt64(8 * (firstBlock + row * blocks(rowBytes))))
            }
        }
        func elementBytes(_ columns: Int) -> Int { elementType.rowByteCount(columns: columns) }
        func scaleBytes(_ columns: Int) -> Int { 2 * elementType.scaleCount(columns: columns) }
        let elements = unsafe cut(base, elementBytes(columns), elementBytes(stride), firstBlock: 0)
        guard let scales = unsafe scales else { return elements }
        let firstBlock = rows * blocks(elementBytes(columns))
        return unsafe elements + cut(scales, scaleBytes(columns), scaleBytes(stride), firstBlock: firstBlock)
    }
}
