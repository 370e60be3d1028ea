/// How far a kept state's file was read, piece by piece, from a process whose word may be wrong: a pure value.
struct StateFileProgress: Sendable, Equatable {
    /// Most bytes that a piece may have.
    let pieceBytesMax: Int
    /// Where the next piece begins.
    private(set) var offset = 0
    /// The size of the file, as the first piece told it.
    private(set) var fileBytes: Int?

    init(pieceBytesMax: Int) { self.pieceBytesMax = pieceBytesMax }

    /// A piece that cannot be right, as a sentence that ends "answered …".
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    var isWhole: Bool { offset == fileBytes }

    /// The next piece has come.
    ///
    /// - Parameters:
    ///   - count: how many bytes it has.
    ///   - told: the size of the whole file, as told with it.
    mutating func take(_ count: Int, of told: Int) throws(Fault) {
        if let fileBytes, fileBytes != told {
            throw Fault(description: "a state's file of \(told) bytes, expected \(fileBytes) as before")
        }
        let most = min(pieceBytesMax, told - offset)
        guard count >= 1, count <= most else {
            throw Fault(
                description: "\(count) bytes of a state's file of \(told) at \(offset), expected 1 to \(max(0, most))")
        }
        (fileBytes, offset) = (told, offset + count)
    }
}
