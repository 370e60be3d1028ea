internal import Tensors

/// The kernels beside the products: attention of both kinds, norms and activations.
struct AttentionLanes {
    /// Heads that a call works on, and the dimension of each.
    static let headCount = 16, dimension = 128
    private static let blockLength = PrefillOperations.lightningBlock
    /// Queries that share a page in prefill, and in decode as many as there are heads to a key/value head.
    private static let prefillQueries = 32, decodeQueries = 8

    let compute: Compute
    let ring: MemoryRing
    /// Columns of the rows that norms and activations pass over.
    let columns: Int

    var all: [KernelLane] {
        [
            lightning(rows: 1), lightning(rows: Self.blockLength), attention(queries: Self.decodeQueries),
            attention(queries: Self.prefillQueries), attention(queries: Self.decodeQueries, .bfloat16),
            attention(queries: Self.prefillQueries, .bfloat16), rmsNorm, silu,
        ]
    }

    private var peak: MachineCeilings.Peak? { compute.kernels.peak(.float32, .exact) }

    /// One row in the middle of a block, which reads the state; or a whole block, which computes.
    func lightning(rows: Int) -> KernelLane {
        let d = Self.dimension, block = Self.blockLength, heads = Self.headCount
        let first = rows == 1 ? block / 2 - 1 : 0
        let floats = d * d + 2 * block * d        // state, keys, values
        let keys = (0 ..< rows).reduce(0) { $0 + first + $1 + 1 }        // seen by all rows together
        let query = Tensor.varied(rows: heads, columns: block * d), decay = (0 ... block).map { 1 - Float($0) / 128 }
        let bytes = 4 * (d * d + 2 * (first + 1) * d), operations = rows * 2 * d * d + keys * 4 * d
        let (compute, ring) = (compute, ring)
        return KernelLane(
            name: "kernels.lightning.\(rows == 1 ? "decode" : "prefill").\(compute.kernels.name)",
            yardstick: rows == 1 ? .reading : .computing(peak),
            amount: Double(heads * (rows == 1 ? bytes : operations))
        ) { number in
            _ = unsafe Tensor(rows: heads, columns: rows * d) { output in
                unsafe query.values.withUnsafeBufferPointer { query in
                    compute.inParts(heads) { part in
                        for head in part {
                            let state = unsafe ring.piece(
                                number * heads + head, byteCount: 4 * floats
                            ).assumingMemoryBound(to: Float.self)
                            unsafe compute.lightningRows(
                                output: output + head * rows * d, outputStride: d,
                                query: query.baseAddress! + head * block * d, queryStride: d,
                                keys: state + d * d, values: state + d * d + block * d, valueStride: d, state: state,
                                decay: decay, first: first,
                                count: rows, dimension: d)
                        }
                    }
                }
            }
        }
    }

    /// Some queries over one page of keys and values for each key/value head.
    func attention(queries: Int, _ format: FloatFormat = .float32) -> KernelLane {
        let d = Self.dimension, heads = Self.headCount, page = Kernels.pageLength
        let isDecode = queries == Self.decodeQueries
        let query = Tensor.varied(rows: heads, columns: queries * d)
        // Running output, maximum and sum of each query.
        let state = Tensor(rows: heads, columns: queries * (d + 2))
        let (compute, ring) = (compute, ring)
        return KernelLane(
            name: "kernels.attention.\(format == .float32 ? "" : "kv-\(format.rawValue).")rows\(queries)."
                + compute.kernels.name,
            yardstick: isDecode ? .reading : .computing(peak),
            amount: Double(heads * page * d * (isDecode ? 2 * format.byteCount : 4 * queries))
        ) { number in
            var state = state
            unsafe state.values.withUnsafeMutableBufferPointer { state in
                unsafe query.values.withUnsafeBufferPointer { query in
                    compute.inParts(heads) { part in
                        for head in part {
                            let byteCount = page * d * format.byteCount
                            let keys = unsafe ring.piece(number * heads + head, byteCount: 2 * byteCount)
                            let output = unsafe state.baseAddress! + head * queries * (d + 2)
                            unsafe compute.attentionPage(
                                maximum: output + queries * d, sum: output + queries * (d + 1), output: output,
                                query: query.baseAddress! + head * queries * d,
                                keys: keys, values: keys + byteCount, format: format, scale: 0.1, rows: queries,
                                places: 0 ..< page, dimension: d)
                        }
                    }
                }
            }
        }
    }

    private var rmsNorm: KernelLane {
        let input = Tensor.varied(rows: 512, columns: columns), weight = [Float](repeating: 1, count: columns)
        let compute = compute
        return KernelLane(
            name: "kernels.rmsnorm.\(compute.kernels.name)", yardstick: .passing, amount: Double(input.values.count)
        ) { _ in
            _ = compute.rmsNorm(input, weight: weight, epsilon: 1e-5)
        }
    }

    private var silu: KernelLane {
        let gate = Tensor.varied(rows: 512, columns: columns), compute = compute
        return KernelLane(
            name: "kernels.silu.\(compute.kernels.name)", yardstick: .passing, amount: Double(gate.values.count)
        ) { _ in
            var gate = gate
            compute.siluMultiply(&gate, gate)
        }
    }
}
