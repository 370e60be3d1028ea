import Testing

@testable import Tensors

@Suite("Tiles of a product of many rows") struct ProductTilesTests {
    @Test("cover every row and output once", arguments: [1, 16, 31, 32, 255, 256, 257, 2048])
    func cover(rows: Int) {
        for (outputs, rowBytes) in [(1, 64), (255, 4096), (256, 12_288), (1000, 24_576), (4608, 1 << 22)] {
            let groups = [0 ..< rows, rows ..< rows, rows ..< rows + 40]
            let tiles = ProductTiles(groups, outputs: outputs, rowBytes: rowBytes)
            var seen = [Int](repeating: 0, count: (rows + 40) * outputs)
            for index in 0 ..< tiles.count {
                let tile = tiles[index]
                #expect(tile.rows.lowerBound >= groups[tile.group].lowerBound && tile.rows.upperBound <= groups[tile.group].upperBound)
                for row in tile.rows { for output in tile.outputs { seen[row * outputs + output] += 1 } }
            }
            #expect(seen.allSatisfy { $0 == 1 }, "\(rows) rows, \(outputs) outputs, \(rowBytes) bytes a row")
        }
    }

    @Test("have as many rows as fit into a second cache")
    func size() {
        #expect(ProductTiles([0 ..< 4096], outputs: 512, rowBytes: 4096)[0] == .init(group: 0, rows: 0 ..< 256, outputs: 0 ..< 256))
        #expect(ProductTiles([0 ..< 4096], outputs: 512, rowBytes: 12_288)[0].rows == 0 ..< 64)
        #expect(ProductTiles([0 ..< 4096], outputs: 512, rowBytes: 1 << 24)[1].rows == 32 ..< 64)
    }
}
