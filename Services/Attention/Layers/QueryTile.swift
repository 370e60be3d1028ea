internal import Checkpoint
internal import Tensors

/// Query heads that read one key/value head, both counted from the first that the part has.
struct HeadGroup: Sendable, Equatable {
    let keyValueHead: Int
    let heads: Range<Int>

    /// The groups of a part's query heads: where a part begins or ends inside a group, it has some of that group's.
    static func of(_ part: AttentionPart, _ config: ModelConfig) -> [HeadGroup] {
        let heads = config.heads(of: part), keyValueHeads = config.keyValueHeads(of: part)
        let groupSize = config.headCount / config.keyValueHeadCount
        return keyValueHeads.map { head in
            let group = (head * groupSize ..< (head + 1) * groupSize).clamped(to: heads)
            return HeadGroup(
                keyValueHead: head - keyValueHeads.lowerBound,
                heads: group.lowerBound - heads.lowerBound ..< group.upperBound - heads.lowerBound)
        }
    }
}

/// Some neighbouring rows of one sequence, and the query heads of one key/value head.
struct QueryTile: Sendable {
    /// Of the call's input.
    let rows: Range<Int>
    /// Position of the first row.
    let start: Int
    let group: HeadGroup
    let window: Int?

    /// Queries (rows times heads) that read a page together: enough to make up for fetching the page into a cache.
    private static let queryCount = 32
    /// Ranges of positions end at multiples of this: long enough that joining them costs nothing, short enough to share
    /// one row's work.
    static let rangeLength = 64 * KeyValueCache.pageLength

    /// How many query heads it has.
    var groupSize: Int { group.heads.count }

    /// Tiles of all groups, group after group.
    static func cut(rows: Range<Int>, start: Int, _ groups: [HeadGroup], window: Int?) -> [QueryTile] {
        groups.flatMap { group in
            let length = max(1, queryCount / group.heads.count)
            return stride(from: 0, to: rows.count, by: length).map { first in
                QueryTile(
                    rows: rows.lowerBound + first ..< min(rows.lowerBound + first + length, rows.upperBound),
                    start: start + first, group: group, window: window)
            }
        }
    }

    /// The positions that row `index` of the tile sees.
    func seen(by index: Int) -> Range<Int> {
        let end = start + index + 1
        return (window.map { max(0, end - $0) } ?? 0) ..< end
    }

    /// The positions that any row sees, cut at fixed borders.
    var ranges: [Range<Int>] {
        let all = seen(by: 0).lowerBound ..< start + rows.count
        return stride(
            from: all.lowerBound / Self.rangeLength * Self.rangeLength, to: all.upperBound, by: Self.rangeLength
        ).map {
            max($0, all.lowerBound) ..< min($0 + Self.rangeLength, all.upperBound)
        }
    }
}

/// What a tile's queries have seen so far: for each the largest score, the sum of powers and the weighted values.
struct RunningSoftmax: Sendable {
    private let tile: QueryTile
    private let d: Int
    private var queries: [Float]        // (rows * groupSize, d)
    private var maxima: [Float]        // (rows * groupSize)
    private var sums: [Float]        // (rows * groupSize)
    private var outputs: [Float]        // (rows * groupSize, d), not yet divided by the sums

    /// - Parameter queries: all rows of the call, (rows, H * d), `stride` floats from one to the next.
    init(_ tile: QueryTile, queries all: UnsafePointer<Float>, stride: Int, dimension d: Int) {
        self.tile = tile
        self.d = d
        let width = tile.groupSize * d, count = tile.rows.count * tile.groupSize
        queries = unsafe [Float](unsafeUninitializedCapacity: count * d) { buffer, initialized in
            for (index, row) in tile.rows.enumerated() {
                unsafe (buffer.baseAddress! + index * width).update(
                    from: all + row * stride + tile.group.heads.lowerBound * d, count: width)
            }
            initialized = count * d
        }
        maxima = [Float](repeating: -.infinity, count: count)
        sums = [Float](repeating: 0, count: count)
        outputs = [Float](repeating: 0, count: count * d)
    }

    /// Adds the keys and values of `positions`, as far as each row sees them.
    mutating func see(_ cache: KeyValueCache, positions: Range<Int>, _ compute: Compute) {
        let scale = 1 / Float(d).squareRoot(), groupSize = tile.groupSize, tile = tile, d = d, format = cache.format
        unsafe queries.withUnsafeBufferPointer { queries in
            unsafe maxima.withUnsafeMutableBufferPointer { maxima in
                unsafe sums.withUnsafeMutableBufferPointer { sums in
                    unsafe outputs.withUnsafeMutableBufferPointer { outputs in
                        let (queries, maxima, sums, outputs) = (
                            queries.baseAddress!, maxima.baseAddress!, sums.baseAddress!, outputs.baseAddress!
                        )
                        func add(
                            _ rows: Range<Int>, _ keys: UnsafeRawPointer, _ values: UnsafeRawPointer,
                            _ positions: Range<Int>
                        ) {
                            let first = rows.lowerBound * groupSize,
                                place = positions.lowerBound % KeyValueCache.pageLength
                            unsafe compute.attentionPage(
                                maximum: maxima + first, sum: sums + first, output: outputs + first * d,
                                query: queries + first * d, keys: keys, values: values, format: format,
                                scale: scale, rows: rows.count * groupSize, places: place ..< place + positions.count,
                                dimension: d)
                        }
                        let all = 0 ..< tile.rows.count
                        unsafe cache.visit(head: tile.group.keyValueHead, positions: positions) { page, keys, values in
                            let first = page.clamped(to: tile.seen(by: 0)),
                                last = page.clamped(to: tile.seen(by: all.upperBound - 1))
                            if first == page, last == page { return unsafe add(all, keys, values, page) }
                            // At the rows' own positions, and at a window's edge, each sees a part of its own.
                            for row in all {
                                let seen = page.clamped(to: tile.seen(by: row))
                                if !seen.isEmpty { unsafe add(row ..< row + 1, keys, values, seen) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Joins what was seen further on.
    mutating func join(_ next: RunningSoftmax, _ compute: Compute) {
        compute.joinSoftmax(
            maxima: &maxima, sums: &sums, outputs: &outputs, with: (next.maxima, next.sums, next.outputs), dimension: d)
    }

    /// Writes the quotients, each row where its queries came from.
    func store(to output: UnsafeMutablePointer<Float>, stride: Int) {
        let width = tile.groupSize * d
        for (index, row) in tile.rows.enumerated() {
            let target = unsafe output + row * stride + tile.group.heads.lowerBound * d
            for component in 0 ..< width {
                unsafe target[component] =
                    outputs[index * width + component] / sums[index * tile.groupSize + component / d]
            }
        }
    }
}
