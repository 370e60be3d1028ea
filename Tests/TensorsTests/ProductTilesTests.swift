import Testing

@testable import Tensors

@Suite("Tiles of a product of many rows") struct ProductTilesTests {
    @Test("cover every row and output once", arguments: [1, 16, 31, 32, 255, 256, 257, 2048])
    func cover(rows: Int) {
        for (outputs, rowBytes) in [(1, 64), (255, 4096), (256, 12_288), (1000, 24_576), (4608, 1 << 22)] {
            let products = [0 ..< rows, rows ..< rows, rows ..< rows + 40, 0 ..< rows].enumerated().map {
                (rows: $1, outputs: $0 == 3 ? 300 : outputs)
            }
            let tiles = ProductTiles(products, rowBytes: rowBytes)
            var seen = products.map { [Int](repeating: 0, count: $0.rows.count * $0.outputs) }
            for index in 0 ..< tiles.count {
                let tile = tiles[index]
                let product = products[tile.product]
                #expect(
                    tile.rows.lowerBound >= product.rows.lowerBound && tile.rows.upperBound <= product.rows.upperBound)
                for row in tile.rows {
                    for output in tile.outputs {
                        seen[tile.product][(row - product.rows.lowerBound) * product.outputs + output] += 1
                    }
                }
            }
            #expect(seen.joined().allSatisfy { $0 == 1 }, "\(rows) rows, \(outputs) outputs, \(rowBytes) bytes a row")
        }
    }

    @Test("have as many rows as fit into a second cache")
    func size() {
        #expect(
            ProductTiles([(0 ..< 4096, 512)], rowBytes: 4096)[0]
                == .init(product: 0, rows: 0 ..< 256, outputs: 0 ..< 256))
        #expect(ProductTiles([(0 ..< 4096, 512)], rowBytes: 12_288)[0].rows == 0 ..< 64)
        #expect(ProductTiles([(0 ..< 4096, 512)], rowBytes: 1 << 24)[1].rows == 64 ..< 128)
    }
}
