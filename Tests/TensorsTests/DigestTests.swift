import Testing

@testable import Tensors

@Suite("Digests of weights") struct DigestTests {
    private let scalar = Compute(kernels: .scalar, threads: 1)

    /// Columns that fill blocks of 64 bytes and that do not.
    private static let sizes = [1, 7, 32, 33, 64, 100, 600]

    @Test(
        "are the same with every table and any number of threads, aligned or not",
        arguments: Kernels.names, ElementType.allCases)
    func tables(name: String, type: ElementType) throws {
        for threads in [1, 3] {
            let compute = Compute(kernels: try .table(name), threads: threads)
            for columns in Self.sizes {
                let matrices = [0, 1, 2].map { number in
                    let values = pattern(5 * columns, seed: number)
                    return StoredWeights(rows: 5, columns: columns, type, values, offset: number).matrix
                }
                #expect(compute.digests(of: matrices) == scalar.digests(of: matrices), "\(columns) columns")
            }
        }
    }

    @Test("of a large matrix are the same however threads share it")
    func threads() {
        let stored = StoredWeights(rows: 3000, columns: 1024, .bfloat16, pattern(3000 * 1024)).matrix
        let expected = scalar.digests(of: [stored])
        for threads in 1 ... 4 { #expect(Compute(threads: threads).digests(of: [stored]) == expected) }
    }

    @Test(
        "of some columns or rows are those of the same weights that lie by themselves",
        arguments: [ElementType.bfloat16, .float32])
    func pieces(type: ElementType) {
        let rows = 6, columns = 256
        let stored = StoredWeights(rows: rows, columns: columns, type, pattern(rows * columns), offset: 1)
        for range in [0 ..< 64, 64 ..< 192, 192 ..< 256, 3 ..< 8] {
            let values = (0 ..< rows).flatMap { row in range.map { stored.values[row * columns + $0] } }
            let alone = StoredWeights(rows: rows, columns: range.count, type, values)
            let slice = stored.matrix.columns(range)
            #expect(scalar.digests(of: [slice]) == scalar.digests(of: [alone.matrix]), "\(range)")
        }
        let alone = StoredWeights(rows: 3, columns: columns, type, Array(stored.values[2 * columns ..< 5 * columns]))
        #expect(scalar.digests(of: [stored.matrix.rows(2 ..< 5)]) == scalar.digests(of: [alone.matrix]))
    }

    /// A matrix whose bytes a test may change.
    private func changing(
        _ type: ElementType, rows: Int, columns: Int, _ body: (WeightMatrix, UnsafeMutableRawBufferPointer) -> Void
    ) {
        let elements = rows * type.rowByteCount(columns: columns), scales = rows * type.scaleCount(columns: columns) * 2
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: elements + scales, alignment: 1)
        defer { bytes.deallocate() }
        for index in bytes.indices { bytes[index] = UInt8(index * 37 % 251) }        // no two rows are equal
        guard let base = bytes.baseAddress else { return }
        let matrix = WeightMatrix(
            rows: rows, columns: columns, elementType: type, base: base, owner: Nobody(),
            scales: type.groupSize == nil ? nil : UnsafeRawPointer(base + elements))
        body(matrix, bytes)
    }
    private final class Nobody {}

    @Test("change with any single bit, those of scales included", arguments: Kernels.names, ElementType.allCases)
    func everyBit(name: String, type: ElementType) throws {
        let compute = Compute(kernels: try .table(name), threads: 1)
        changing(type, rows: 3, columns: 70) { matrix, bytes in
            let before = compute.digests(of: [matrix])[0]
            for index in bytes.indices {
                for bit in 0 ..< 8 {
                    bytes[index] ^= 1 << bit
                    let after = compute.digests(of: [matrix])[0]
                    #expect(after.low != before.low, "bit \(bit) of byte \(index)")
                    bytes[index] ^= 1 << bit
                }
            }
            #expect(compute.digests(of: [matrix])[0] == before)
        }
    }

    @Test("change when the same bit flips in two words, when rows are swapped, and when all is zero")
    func patterns() {
        changing(.bfloat16, rows: 8, columns: 64) { matrix, bytes in
            let before = scalar.digests(of: [matrix])[0]
            var seen: Set<Digest> = [before]
            // The highest bit of two words of one lane: their sum stays.
            for other in 1 ..< bytes.count / 64 {
                for index in [7, other * 64 + 7] { bytes[index] ^= 0x80 }
                #expect(seen.insert(scalar.digests(of: [matrix])[0]).inserted, "words 0 and \(8 * other)")
                for index in [7, other * 64 + 7] { bytes[index] ^= 0x80 }
            }
            for row in 1 ..< 8 {
                for column in 0 ..< 128 { bytes.swapAt(column, row * 128 + column) }
                #expect(seen.insert(scalar.digests(of: [matrix])[0]).inserted, "rows 0 and \(row)")
                for column in 0 ..< 128 { bytes.swapAt(column, row * 128 + column) }
            }
            for index in bytes.indices { bytes[index] = 0 }
            #expect(seen.insert(scalar.digests(of: [matrix])[0]).inserted)
        }
    }

    @Test("are written as 32 hexadecimal digits and read back; other texts are none")
    func hexadecimal() {
        let some = Digest(low: 0x0123_4567_89AB_CDEF, high: 0xFEDC_BA98_7654_3210)
        for digest in [Digest(low: 0, high: 0), Digest(low: .max, high: 1), some] {
            #expect(digest.description.utf8.count == 32)
            #expect(Digest(hexadecimal: Substring(digest.description).utf8) == digest)
        }
        #expect(Digest(low: 0x0123_4567_89AB_CDEF, high: 1).description == "00000000000000010123456789abcdef")
        for text in ["", "0"] + [("0", 31), ("0", 33), ("g", 32), ("F", 32)].map({ String(repeating: $0, count: $1) }) {
            #expect(Digest(hexadecimal: Substring(text).utf8) == nil, "\(text)")
        }
    }
}
