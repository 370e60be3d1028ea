import Testing

@testable import Tensors

@Suite("Digests of bytes in pieces") struct DigestStreamTests {
    private let bytes = (0 ..< 5000).map { UInt8(truncatingIfNeeded: $0 * 37 % 251) }

    private func digest(_ pieces: [ArraySlice<UInt8>], _ kernels: Kernels) -> Digest {
        var stream = DigestStream(kernels)
        for piece in pieces { piece.withUnsafeBytes { stream.add($0) } }
        return stream.finished()
    }

    private func pieces(_ count: Int, of length: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: count, by: length).map { bytes[$0 ..< min($0 + length, count)] }
    }

    @Test(
        "are those of a matrix of one row, however the bytes are cut", arguments: Kernels.names,
        [0, 1, 2, 63, 64, 65, 127, 128, 1000, 4096, 5000])
    func matrix(name: String, count: Int) throws {
        let kernels = try Kernels.table(name)
        for length in [1, 3, 63, 64, 65, 200, 5000] {
            #expect(digest(pieces(count, of: length), kernels) == digest([bytes[..<count]], .scalar))
        }
        // A row of bfloat16 has an even number of bytes.
        guard count > 0, count % 2 == 0 else { return }
        bytes.withUnsafeBytes { memory in
            let matrix = WeightMatrix(
                rows: 1, columns: count / 2, elementType: .bfloat16, base: memory.baseAddress!, owner: Owner())
            let expected = Compute(kernels: .scalar, threads: 1).digests(of: [matrix])
            #expect(digest([bytes[..<count]], kernels) == expected[0])
        }
    }
    private final class Owner {}

    @Test("go on after they were asked for the digest so far")
    func goesOn() {
        var stream = DigestStream()
        bytes[..<100].withUnsafeBytes { stream.add($0) }
        #expect(stream.finished() == digest([bytes[..<100]], .best))
        bytes[100...].withUnsafeBytes { stream.add($0) }
        #expect(stream.finished() == digest([bytes[...]], .best))
    }

    @Test("change with any single bit, and with two words that change places")
    func changed() {
        var changing = Array(bytes[..<300])
        let before = digest([changing[...]], .best)
        for index in changing.indices {
            changing[index] ^= 1 << (index % 8)
            #expect(digest([changing[...]], .best) != before, "byte \(index)")
            changing[index] ^= 1 << (index % 8)
        }
        for index in 0 ..< 8 { changing.swapAt(index, index + 64) }
        #expect(digest([changing[...]], .best) != before)
    }
}
