internal import Checkpoint
internal import Tensors

/// One softmax attention layer: spec 2.5. H query heads and G key/value heads of d components, D the hidden size.
struct SoftmaxAttention: Sendable {
    private let weights: SoftmaxWeights
    private let rotary: RotaryEmbedding
    private let headCount: Int
    private let keyValueHeadCount: Int
    private let headDimension: Int
    private let window: Int?

    init(_ checkpoint: WeightFiles, layer: Int) throws {
        let config = checkpoint.config
        weights = try checkpoint.softmax(layer)
        rotary = RotaryEmbedding(dimension: config.rotaryDimension, theta: config.ropeTheta, headDimension: config.headDimension)
        headCount = config.headCount
        keyValueHeadCount = config.keyValueHeadCount
        headDimension = config.headDimension
        window = config.slidingWindow
    }

    /// Appends the rows of `input` (normed layer input, (rows, D)) to the caches and returns the out-projection, (rows, D).
    func attend(_ input: Tensor, _ spans: [(cache: KeyValueCache, rows: Range<Int>)], _ compute: Compute) -> Tensor {
        var queries = compute.linear(input, weights.q)                                  // (rows, H * d)
        var keys = compute.linear(input, weights.k)                                     // (rows, G * d)
        let values = compute.linear(input, weights.v)                                   // (rows, G * d)
        var mixed = Tensor(rows: input.rows, columns: headCount * headDimension)        // (rows, H * d)
        for (cache, rows) in spans {
            let start = cache.length
            rotary.rotate(&queries, rows: rows, start: start, compute)
            rotary.rotate(&keys, rows: rows, start: start, compute)
            cache.append(keys, values, rows: rows)
            mix(queries, cache, start: start, rows: rows, into: &mixed, compute)
        }
        return compute.linear(mixed, weights.o, parts: sumParts(of: headCount))
    }

    /// Online softmax over the positions each row sees: itself and everything before it, or the window's last.
    ///
    /// A tile is some rows and the query heads that share a key/value head; they read a page together. Positions are cut into ranges at fixed
    /// borders, each a running softmax of its own, joined in order: so tiles and ranges can be worked on apart and a row's bytes do not tell.
    private func mix(_ queries: Tensor, _ cache: KeyValueCache, start: Int, rows: Range<Int>, into mixed: inout Tensor, _ compute: Compute) {
        let tiles = QueryTile.cut(rows: rows, start: start, groupSize: headCount / keyValueHeadCount, headCount: keyValueHeadCount, window: window)
        let d = headDimension, stride = mixed.columns
        unsafe mixed.values.withUnsafeMutableBufferPointer { output in
            let output = output.baseAddress!
            unsafe queries.values.withUnsafeBufferPointer { queries in
                let queries = queries.baseAddress!
                func softmax(_ tile: QueryTile, _ range: Range<Int>) -> RunningSoftmax {
                    var softmax = unsafe RunningSoftmax(tile, queries: queries, stride: stride, dimension: d)
                    softmax.see(cache, positions: range, compute)
                    return softmax
                }
                func store(_ ranges: some Sequence<RunningSoftmax>, of tile: QueryTile) {
                    var ranges = ranges.makeIterator()
                    guard var first = ranges.next() else { return }
                    while let next = ranges.next() { first.join(next, compute) }
                    unsafe first.store(to: output, stride: stride)
                }
                if tiles.count >= compute.threads {
                    compute.inParts(tiles.count) { part in
                        for tile in tiles[part] { store(tile.ranges.lazy.map { softmax(tile, $0) }, of: tile) }
                    }
                } else {        // few rows, which may see many positions
                    let work = tiles.flatMap { tile in tile.ranges.map { (tile, $0) } }
                    let done = Slots<RunningSoftmax>(count: work.count)
                    compute.inParts(work.count) { part in
                        for index in part { done[index] = softmax(work[index].0, work[index].1) }
                    }
                    var first = 0
                    for tile in tiles {
                        store(done[first ..< first + tile.ranges.count], of: tile)
                        first += tile.ranges.count
                    }
                }
            }
        }
    }
}
