import Tensors
import TestSupport
import Testing

@testable import Attention

@Suite("Tiles of queries") struct QueryTileTests {
    struct Shape {
        let rows: Range<Int>
        let start: Int
        let groups: [HeadGroup]
        let window: Int?

        init(_ random: inout SplitMix64) {
            let first = Int.random(in: 0 ... 40, using: &random)
            rows = first ..< first + Int.random(in: 1 ... 100, using: &random)
            // Some sequences stand near the border of a range.
            let border = QueryTile.rangeLength * Int.random(in: 0 ... 3, using: &random)
            start = max(0, border + Int.random(in: -120 ... 120, using: &random))
            var head = 0
            groups = (0 ..< Int.random(in: 1 ... 3, using: &random)).map { group in
                let first = head
                head += [1, 2, 3, 8, 32, 48].randomElement(using: &random)!
                return HeadGroup(keyValueHead: group, heads: first ..< head)
            }
            window = Bool.random(using: &random) ? Int.random(in: 1 ... 5000, using: &random) : nil
        }

        var tiles: [QueryTile] {
            QueryTile.cut(rows: rows, start: start, groups, window: window)
        }
    }

    private static let shapes = {
        var random = SplitMix64(seed: 17)
        return (0 ..< 300).map { _ in Shape(&random) }
    }()

    @Test("cover every row of every head once, in order, at the row's own position")
    func cover() {
        for shape in Self.shapes {
            for group in shape.groups {
                let tiles = shape.tiles.filter { $0.group == group }
                #expect(tiles.flatMap { Array($0.rows) } == Array(shape.rows))
                #expect(tiles.allSatisfy { $0.start - shape.start == $0.rows.lowerBound - shape.rows.lowerBound })
                #expect(tiles.allSatisfy { $0.rows.count == 1 || $0.rows.count * group.heads.count <= 32 })
            }
        }
    }

    @Test("a row sees itself and everything before it, or the window's last positions")
    func seen() {
        for shape in Self.shapes {
            for tile in shape.tiles.prefix(4) {
                for index in 0 ..< tile.rows.count {
                    let position = tile.start + index, seen = tile.seen(by: index)
                    #expect(seen.upperBound == position + 1)
                    #expect(seen.count == min(position + 1, shape.window ?? .max))
                }
            }
        }
    }

    @Test("ranges follow each other, hold what any row sees, and are cut at fixed borders alone")
    func ranges() {
        for shape in Self.shapes {
            for tile in shape.tiles {
                let ranges = tile.ranges, rows = 0 ..< tile.rows.count
                #expect(ranges.allSatisfy { !$0.isEmpty })
                #expect(ranges.first?.lowerBound == rows.map { tile.seen(by: $0).lowerBound }.min())
                #expect(ranges.last?.upperBound == tile.start + tile.rows.count)
                for (range, next) in zip(ranges, ranges.dropFirst()) {
                    #expect(range.upperBound == next.lowerBound)
                    #expect(range.upperBound % QueryTile.rangeLength == 0)
                }
                let length = QueryTile.rangeLength
                #expect(ranges.allSatisfy { ($0.upperBound - 1) / length == $0.lowerBound / length })
            }
        }
    }
}

@Suite("The softmax of a tile") struct RunningSoftmaxTests {
    private static let d = 4, groupSize = 2

    /// A cache of one head whose keys and values follow from their positions.
    private func cache(length: Int) -> (cache: KeyValueCache, keys: Formulas.Matrix, values: Formulas.Matrix) {
        let cache = KeyValueCache.fresh(headCount: 1, headDimension: Self.d), compute = Compute(threads: 1)
        let keys = pattern(length * Self.d, seed: 1), values = pattern(length * Self.d, seed: 2)
        _ = cache.grow(by: length)
        for position in 0 ..< length {
            let key = Array(keys[position * Self.d ..< (position + 1) * Self.d])
            let value = Array(values[position * Self.d ..< (position + 1) * Self.d])
            cache.store(at: position, key: key, value: value, compute)
        }
        return (
            cache, Tensor(columns: Self.d, values: keys).inDouble, Tensor(columns: Self.d, values: values).inDouble
        )
    }

    /// The last `rows` positions of a sequence of `length`, over `ranges` joined in order, beside the formula.
    private func check(length: Int, rows: Int, window: Int?, _ ranges: [Range<Int>], scale: Float = 1) {
        let compute = Compute(threads: 1), width = Self.groupSize * Self.d
        let (cache, keys, values) = cache(length: length)
        let queries = pattern(rows * width, seed: 3).map { $0 * scale }
        let tile = QueryTile(
            rows: 0 ..< rows, start: length - rows,
            group: HeadGroup(keyValueHead: 0, heads: 0 ..< Self.groupSize), window: window)
        var parts = ranges.map { range in
            var softmax = RunningSoftmax(tile, queries: queries, stride: width, dimension: Self.d)
            softmax.see(cache, positions: range, compute)
            return softmax
        }
        var joined = parts.removeFirst()
        for part in parts { joined.join(part, compute) }
        var output = [Float](repeating: .nan, count: rows * width)
        joined.store(to: &output, stride: width)
        for row in 0 ..< rows {
            let seen = tile.seen(by: row)
            for head in 0 ..< Self.groupSize {
                let place = row * width + head * Self.d
                let expected = Formulas.attended(
                    queries[place ..< place + Self.d].map(Double.init), keys[seen], values[seen])
                let difference = relativeDifference(output[place ..< place + Self.d], expected)
                #expect(difference < 1e-5, "row \(row) of \(rows), window \(window ?? 0), ranges \(ranges)")
            }
        }
    }

    @Test("is that of all positions, whatever ranges it was joined from", arguments: [1, 63, 64, 65, 129, 200])
    func joined(length: Int) {
        var random = SplitMix64(seed: UInt64(length))
        for _ in 0 ..< 10 {
            let cuts = Set((0 ..< 3).map { _ in Int.random(in: 1 ... length, using: &random) }).union([length]).sorted()
            let ranges = zip([0] + cuts, cuts).map { $0 ..< $1 }
            check(length: length, rows: min(length, 5), window: nil, ranges)
        }
    }

    @Test("a row that sees nothing of a range takes nothing from it, the first range too", arguments: [1, 2, 3, 64])
    func unseen(window: Int) {
        for border in [66, 67, 68, 69] {
            let first = max(0, 66 - window)
            guard first < border else { continue }
            check(length: 70, rows: 5, window: window, [first ..< border, border ..< 70])
        }
    }

    @Test("scores whose powers no Float holds do not overflow")
    func largeScores() {
        check(length: 130, rows: 3, window: nil, [0 ..< 64, 64 ..< 130], scale: 1e4)
    }
}

@Suite("Keys and values of a sequence") struct KeyValueCacheTests {
    private static let heads = 2, d = 3, length = 200

    private static func key(_ position: Int) -> [Float] { pattern(heads * d, seed: 2 * position) }
    private static func value(_ position: Int) -> [Float] { pattern(heads * d, seed: 2 * position + 1) }

    private func filled() -> KeyValueCache {
        let cache = KeyValueCache.fresh(headCount: Self.heads, headDimension: Self.d), compute = Compute(threads: 1)
        var random = SplitMix64(seed: 2)
        for count in random.cuts(of: Self.length) {
            let first = cache.grow(by: count)
            for position in (first ..< first + count).shuffled(using: &random) {
                cache.store(at: position, key: Self.key(position), value: Self.value(position), compute)
            }
        }
        return cache
    }

    @Test("a visit meets every position once, page by page, with the key and the value that were stored there")
    func visits() {
        let cache = filled(), page = KeyValueCache.pageLength, group = Kernels.keyGroupLength
        var random = SplitMix64(seed: 3)
        for _ in 0 ..< 50 {
            let first = Int.random(in: 0 ..< Self.length, using: &random)
            let wanted = first ..< Int.random(in: first + 1 ... Self.length, using: &random)
            let head = Int.random(in: 0 ..< Self.heads, using: &random)
            var visited: [Int] = []
            cache.visit(head: head, positions: wanted) { positions, keys, values in
                let keys = keys.assumingMemoryBound(to: Float.self), values = values.assumingMemoryBound(to: Float.self)
                visited += positions
                #expect(positions.lowerBound / page == (positions.upperBound - 1) / page)
                for position in positions {
                    let place = position % page
                    for component in 0 ..< Self.d {
                        // A group's first components lie side by side, then its second ones.
                        let key = keys[(place / group * Self.d + component) * group + place % group]
                        #expect(key == Self.key(position)[head * Self.d + component])
                        #expect(values[place * Self.d + component] == Self.value(position)[head * Self.d + component])
                    }
                }
            }
            #expect(visited == Array(wanted))
        }
    }
}
