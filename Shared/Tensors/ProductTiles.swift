/// A product of many rows, cut so that a tile's rows and its weights each fit into a core's second cache: then many cores at work together do
/// not wait for the memory that they share.
struct ProductTiles {
    struct Tile: Equatable {
        let group: Int
        /// Of the input.
        let rows: Range<Int>
        let outputs: Range<Int>
    }

    /// Up to so many rows, weights are read from memory once and the rows stay in a cache: tiles would gain nothing.
    static let fewRows = 16

    private let groups: [Range<Int>]
    private let outputs: Int
    private let rowsPerTile: Int
    /// Tiles before each group, and in the end all.
    private let firsts: [Int]

    /// - Parameters:
    ///   - groups: rows of the input that meet the same weights.
    ///   - rowBytes: of a row of the input.
    init(_ groups: [Range<Int>], outputs: Int, rowBytes: Int) {
        (self.groups, self.outputs) = (groups, outputs)
        rowsPerTile = max(Self.rowsMin, min(Self.rowsMax, Self.bytesPerTile / max(1, rowBytes) / Self.rowsMin * Self.rowsMin))
        var firsts = [0]
        for rows in groups {
            firsts.append(firsts[firsts.count - 1] + Self.count(rows.count, of: rowsPerTile) * Self.count(outputs, of: Self.outputsPerTile))
        }
        self.firsts = firsts
    }

    var count: Int { firsts[firsts.count - 1] }

    /// Neighbouring tiles have the same weights.
    subscript(index: Int) -> Tile {
        var group = 0
        while firsts[group + 1] <= index { group += 1 }
        let rows = groups[group], rowTiles = Self.count(rows.count, of: rowsPerTile)
        let (output, row) = (index - firsts[group]).quotientAndRemainder(dividingBy: rowTiles)
        let firstRow = rows.lowerBound + row * rowsPerTile, firstOutput = output * Self.outputsPerTile
        return Tile(
            group: group, rows: firstRow ..< min(firstRow + rowsPerTile, rows.upperBound),
            outputs: firstOutput ..< min(firstOutput + Self.outputsPerTile, outputs))
    }

    private static func count(_ length: Int, of size: Int) -> Int { (length + size - 1) / size }

    private static let outputsPerTile = 256
    private static let rowsMin = 32, rowsMax = 256
    private static let bytesPerTile = 1 << 20
}
