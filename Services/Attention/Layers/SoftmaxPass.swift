internal import Tensors

/// Online softmax of all rows of one call, of however many sequences, over the positions each row sees: itself and
/// everything before it, or the window's last.
///
/// A tile is some rows and the query heads that share a key/value head; they read a page together. Positions are cut
/// into ranges at fixed borders, each a running softmax of its own, joined in order: so tiles and ranges can be worked
/// on apart and a row's bytes do not tell.
@safe struct SoftmaxPass {
    let tiles: [(tile: QueryTile, cache: KeyValueCache)]
    /// (rows, H * d), as `output`; `stride` floats from one row to the next.
    let queries: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let stride: Int
    let dimension: Int
    let compute: Compute

    /// What one thread does at a time: a whole tile, or a range of one whose ranges are shared.
    private struct Unit {
        let tile: Int
        /// Where the range's softmax waits to be joined; nil: a whole tile.
        let slot: Int?
        let ranges: [Range<Int>]
        let cost: Double
    }

    /// A tile of which each range is a unit: those of one row, for the most part, which sees many positions.
    private struct SharedTile {
        let tile: Int
        let slots: Range<Int>
    }

    /// All tiles of all sequences are one list of work, so that threads share it about equally.
    func run() {
        let (units, shared) = plan()
        let done = Slots<RunningSoftmax>(count: shared.last?.slots.upperBound ?? 0)
        compute.inRuns(costs: units.map(\.cost)) { run in
            for unit in units[run] {
                let softmaxes = unit.ranges.lazy.map { softmax(unit.tile, $0) }
                if let slot = unit.slot { done[slot] = softmaxes.first } else { store(softmaxes) }
            }
        }
        compute.inRuns(costs: shared.map { cost($0.tile, positions: $0.slots.count) }) { run in
            for tile in shared[run] { store(done[tile.slots]) }
        }
    }

    /// A tile's ranges are shared where it would take a good part of a thread's time; there are never many such, so few
    /// softmaxes wait to be joined.
    private func plan() -> (units: [Unit], shared: [SharedTile]) {
        let ranges = tiles.map(\.tile.ranges)
        let costs = tiles.indices.map { tile in cost(tile, positions: ranges[tile].reduce(0) { $0 + $1.count }) }
        let costMax = costs.reduce(0, +) / Double(4 * compute.threads)
        var units: [Unit] = [], shared: [SharedTile] = [], slots = 0
        for tile in tiles.indices {
            if compute.threads == 1 || ranges[tile].count == 1 || costs[tile] <= costMax {
                units.append(Unit(tile: tile, slot: nil, ranges: ranges[tile], cost: costs[tile]))
                continue
            }
            for (index, range) in ranges[tile].enumerated() {
                units.append(
                    Unit(tile: tile, slot: slots + index, ranges: [range], cost: cost(tile, positions: range.count)))
            }
            shared.append(SharedTile(tile: tile, slots: slots ..< slots + ranges[tile].count))
            slots += ranges[tile].count
        }
        return (units, shared)
    }

    private func cost(_ tile: Int, positions: Int) -> Double {
        Self.operations(
            positions: Double(positions), queries: tiles[tile].tile.rows.count * tiles[tile].tile.groupSize,
            dimension: dimension)
    }

    /// Multiplications and additions; bringing a key and a value from memory takes as long as some eight queries do
    /// with them.
    static func operations(positions: Double, queries: Int, dimension: Int) -> Double {
        positions * Double(queries + 8) * Double(4 * dimension)
    }

    private func softmax(_ tile: Int, _ range: Range<Int>) -> RunningSoftmax {
        var softmax = unsafe RunningSoftmax(tiles[tile].tile, queries: queries, stride: stride, dimension: dimension)
        softmax.see(tiles[tile].cache, positions: range, compute)
        return softmax
    }

    /// Joins a tile's ranges, in order, and writes its rows.
    private func store(_ ranges: some Sequence<RunningSoftmax>) {
        var ranges = ranges.makeIterator()
        guard var first = ranges.next() else { return }
        while let next = ranges.next() { first.join(next, compute) }
        unsafe first.store(to: output, stride: stride)
    }
}
