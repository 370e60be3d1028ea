internal import Checkpoint
internal import Tensors

/// A part's heads of one softmax attention layer. The part has H query heads and G key/value heads of d components; D
/// is the hidden size.
struct SoftmaxAttention: Sendable {
    private let weights: SoftmaxWeights
    private let rotary: RotaryEmbedding
    private let groups: [HeadGroup]
    private let headDimension: Int
    private let window: Int?
    /// Into how many sums a sum over the part's heads is cut, which are added as a tree.
    private let sums: Int

    init(_ checkpoint: WeightFiles, layer: Int, _ part: AttentionPart = .whole) throws {
        let config = checkpoint.config
        weights = try checkpoint.softmax(layer, part)
        rotary = RotaryEmbedding(
            dimension: config.rotaryDimension, theta: config.ropeTheta, headDimension: config.headDimension)
        groups = HeadGroup.of(part, config)
        headDimension = config.headDimension
        window = config.slidingWindow
        sums = sumParts(of: config.headCount) / part.count
    }

    /// About how many additions or the like `attend` takes.
    ///
    /// - Parameter positions: that the rows see, all together.
    func operations(rows: Int, positions: Double) -> Double {
        let weights = weights.q.count + weights.k.count + weights.v.count + weights.o.count
        return Compute.operations(rows: rows, weights: weights)
            + groups.reduce(0) {
                $0 + SoftmaxPass.operations(positions: positions, queries: $1.heads.count, dimension: headDimension)
            }
    }

    /// Appends the rows of `input` (normed layer input, (rows, D)) to the caches and returns this part's share
    /// of the out-projection, (rows, D).
    func attend(_ input: Tensor, _ spans: [(cache: KeyValueCache, rows: Range<Int>)], _ compute: Compute) -> Tensor {
        var products = compute.linear(input, each: [weights.q, weights.k, weights.v])
        let values = products.removeLast()        // (rows, G * d)
        var keys = products.removeLast()        // (rows, G * d)
        var queries = products.removeLast()        // (rows, H * d)
        let grown = spans.map { SoftmaxSpan(cache: $0.cache, rows: $0.rows, start: $0.cache.grow(by: $0.rows.count)) }
        rotateAndStore(&queries, &keys, values, grown, compute)
        return compute.linear(mix(queries, grown, compute), weights.o, parts: sums)
    }

    /// Turns queries and keys to their positions and stores keys and values there, row by row.
    private func rotateAndStore(
        _ queries: inout Tensor, _ keys: inout Tensor, _ values: Tensor, _ spans: [SoftmaxSpan], _ compute: Compute
    ) {
        let places = spans.flatMap { span in span.rows.map { (span.cache, span.start + $0 - span.rows.lowerBound) } }
        let queryColumns = queries.columns, keyColumns = keys.columns
        unsafe queries.values.withUnsafeMutableBufferPointer { queries in
            unsafe keys.values.withUnsafeMutableBufferPointer { keys in
                unsafe values.values.withUnsafeBufferPointer { values in
                    compute.inParts(places.count, operations: 4 * (queryColumns + keyColumns)) { rows in
                        for row in rows {
                            let (cache, position) = places[row]
                            let rotation = rotary.rotation(at: position),
                                key = unsafe keys.baseAddress! + row * keyColumns
                            unsafe rotation.apply(to: queries.baseAddress! + row * queryColumns, columns: queryColumns)
                            unsafe rotation.apply(to: key, columns: keyColumns)
                            unsafe cache.store(
                                at: position, key: key, value: values.baseAddress! + row * keyColumns, compute)
                        }
                    }
                }
            }
        }
    }

    /// What each row sees, weighted by its softmax: (rows, H * d).
    private func mix(_ queries: Tensor, _ spans: [SoftmaxSpan], _ compute: Compute) -> Tensor {
        let tiles = spans.flatMap { span in
            QueryTile.cut(rows: span.rows, start: span.start, groups, window: window)
                .map { (tile: $0, cache: span.cache) }
        }
        let columns = queries.columns
        return unsafe Tensor(rows: queries.rows, columns: columns) { output in
            unsafe queries.values.withUnsafeBufferPointer { queries in
                let pass = unsafe SoftmaxPass(
                    tiles: tiles, queries: queries.baseAddress!, output: output, stride: columns,
                    dimension: headDimension, compute: compute)
                pass.run()
            }
        }
    }
}

/// The new rows of one sequence, and the position of the first.
struct SoftmaxSpan {
    let cache: KeyValueCache
    let rows: Range<Int>
    let start: Int
}
