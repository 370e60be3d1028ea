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
            for row in rows {
                rotary.rotate(&queries, row: row, position: start + row - rows.lowerBound)
                rotary.rotate(&keys, row: row, position: start + row - rows.lowerBound)
            }
            cache.append(keys, values, rows: rows)
            mix(queries, cache, start: start, rows: rows, into: &mixed, compute)
        }
        return compute.linear(mixed, weights.o, parts: sumParts(of: headCount))
    }

    /// Online softmax over the pages each row sees: itself and everything before it, or the window's last positions.
    private func mix(_ queries: Tensor, _ cache: KeyValueCache, start: Int, rows: Range<Int>, into mixed: inout Tensor, _ compute: Compute) {
        let d = headDimension, columns = mixed.columns, groupSize = headCount / keyValueHeadCount
        let scale = 1 / Float(d).squareRoot()
        unsafe mixed.values.withUnsafeMutableBufferPointer { output in
            unsafe queries.values.withUnsafeBufferPointer { queries in
                compute.inParts(rows.count * headCount) { items in
                    for item in items {
                        let row = rows.lowerBound + item / headCount, head = item % headCount
                        let position = start + item / headCount
                        let first = window.map { max(0, position + 1 - $0) } ?? 0
                        let offset = row * columns + head * d
                        let target = unsafe output.baseAddress! + offset
                        var maximum = -Float.infinity, sum: Float = 0
                        unsafe cache.visit(head: head / groupSize, positions: first ..< position + 1) { keys, values, count in
                            unsafe compute.attentionPage(
                                maximum: &maximum, sum: &sum, output: target, query: queries.baseAddress! + offset,
                                keys: keys, values: values, scale: scale, count: count, dimension: d)
                        }
                        for component in 0 ..< d { unsafe target[component] /= sum }
                    }
                }
            }
        }
    }
}
