import Testing

@testable import Router

@Suite("Progress of a kept state's file") struct StateFileProgressTests {
    @Test("pieces follow one another until the file is whole")
    func whole() throws {
        var progress = StateFileProgress(pieceBytesMax: 10)
        for (count, offset) in [(10, 10), (3, 13), (10, 23)] {
            #expect(!progress.isWhole)
            try progress.take(count, of: 23)
            #expect(progress.offset == offset)
        }
        #expect(progress.isWhole)
    }

    /// Pieces that come after one of 10 bytes of 23.
    @Test(
        "a piece that cannot be right is refused, and changes nothing",
        arguments: [
            (0, 23, "0 bytes of a state's file of 23 at 10, expected 1 to 10"),
            (11, 23, "11 bytes of a state's file of 23 at 10, expected 1 to 10"),
            (-1, 23, "-1 bytes of a state's file of 23 at 10, expected 1 to 10"),
            (10, 24, "a state's file of 24 bytes, expected 23 as before"),
            (10, Int.max, "a state's file of \(Int.max) bytes, expected 23 as before"),
            (10, 0, "a state's file of 0 bytes, expected 23 as before"),
        ])
    func refused(count: Int, fileBytes: Int, sentence: String) throws {
        var progress = StateFileProgress(pieceBytesMax: 10)
        try progress.take(10, of: 23)
        let before = progress
        #expect(throws: StateFileProgress.Fault(description: sentence)) { try progress.take(count, of: fileBytes) }
        #expect(progress == before)
    }

    @Test("a first piece of more than the file, or of an empty one, is refused")
    func first() {
        var progress = StateFileProgress(pieceBytesMax: 10)
        for (count, fileBytes) in [(5, 4), (1, 0), (0, 0), (1, -5), (1, .min)] {
            #expect(throws: StateFileProgress.Fault.self) { try progress.take(count, of: fileBytes) }
        }
        #expect(progress == StateFileProgress(pieceBytesMax: 10))
    }
}
