/// Products of many rows, cut so that a tile's rows and its weights each fit into a core's second cache: then many
/// cores at work together do not wait for the memory that they share.
struct ProductTiles {
    struct Tile: Equatable {
        let product: Int
        /// Of the input.
        let rows: Range<Int>
        let outputs: Range<Int>
    }

    /// Up to so many rows, weights are read from memory once and the rows stay in a cache: tiles would gain nothing.
    static let fewRows = 16

    private let products: [(rows: Range<Int>, outputs: Int)]
    private let rowsPerTile: Int
    /// Tiles before each product, and in the end all.
    private let firsts: [Int]

    /// - Parameters:
    ///   - products: of each the rows of the input that meet its weights, and how many outputs a row has.
    ///   - rowBytes: of a row of the input.
    init(_ products: [(rows: Range<Int>, outputs: Int)], rowBytes: Int) {
        self.products = products
        rowsPerTile = max(
            Self.rowsMin, min(Self.rowsMax, Self.bytesPerTile / max(1, rowBytes) / Self.rowsMin * Self.rowsMin))
        var firsts = [0]
        for (rows, outputs) in products {
            firsts.append(
                firsts[firsts.count - 1] + Self.count(rows.count, of: rowsPerTile)
                    * Self.count(outputs, of: Self.outputsPerTile))
        }
        self.firsts = firsts
    }

    var count: Int { firsts[firsts.count - 1] }

    /// Neighbouring tiles have the same weights.
    subscript(index: Int) -> Tile {
        var product = 0
        while firsts[product + 1] <= index { product += 1 }
        let (rows, outputs) = products[product], rowTiles = Self.count(rows.count, of: rowsPerTile)
        let (output, row) = (index - firsts[product]).quotientAndRemainder(dividingBy: rowTiles)
        let firstRow = rows.lowerBound + row * rowsPerTile, firstOutput = output * Self.outputsPerTile
        return Tile(
            product: product, rows: firstRow ..< min(firstRow + rowsPerTile, rows.upperBound),
            outputs: firstOutput ..< min(firstOutput + Self.outputsPerTile, outputs))
    }

    private static func count(_ length: Int, of size: Int) -> Int { (length + size - 1) / size }

    private static let outputsPerTile = 256
    /// The kernels unpack weights once for so many rows (STRIP_ROWS in vector.inc).
    private static let rowsMin = 64
    private static let rowsMax = 256
    private static let bytesPerTile = 1 << 20
}
