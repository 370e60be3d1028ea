internal import CKernels
internal import Foundation

extension Compute {
    /// Rows `first ..< first + count` of one canonical block of one lightning head; shapes and formula at `lightning_rows` in kernels.h.
    package func lightningRows(
        output: UnsafeMutablePointer<Float>, outputStride: Int, query: UnsafePointer<Float>, queryStride: Int,
        key: UnsafePointer<Float>, value: UnsafePointer<Float>, keyValueStride: Int,
        state: UnsafePointer<Float>, decay: [Float], first: Int, count: Int, dimension: Int
    ) {
        precondition(first + count < decay.count, "rows up to \(first + count) of a block of \(decay.count - 1)")
        unsafe table.lightning_rows(output, outputStride, query, queryStride, key, value, keyValueStride, state, decay, first, count, dimension)
    }

    /// Adds one page of keys and values to the running softmax of `rows` queries; shapes at `attention_page` in kernels.h.
    package func attentionPage(
        maximum: UnsafeMutablePointer<Float>, sum: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>, query: UnsafePointer<Float>,
        keys: UnsafePointer<Float>, values: UnsafePointer<Float>, scale: Float, rows: Int, count: Int, dimension: Int
    ) {
        precondition(count <= Kernels.pageLength, "\(count) keys in a page of \(Kernels.pageLength)")
        unsafe table.attention_page(maximum, sum, output, query, keys, values, scale, rows, count, dimension)
    }

    /// Joins the running softmax of further keys, `other`, to that of the same queries: `maxima` and `sums` (queries), `outputs` (queries, dimension).
    package func joinSoftmax(
        maxima: inout [Float], sums: inout [Float], outputs: inout [Float], with other: (maxima: [Float], sums: [Float], outputs: [Float]), dimension: Int
    ) {
        precondition(other.maxima.count == maxima.count && other.outputs.count == outputs.count, "\(other.maxima.count) queries joined to \(maxima.count)")
        unsafe outputs.withUnsafeMutableBufferPointer { outputs in
            unsafe other.outputs.withUnsafeBufferPointer { others in
                for query in maxima.indices {
                    let highest = max(maxima[query], other.maxima[query])
                    let share = expf(maxima[query] - highest), otherShare = expf(other.maxima[query] - highest)
                    maxima[query] = highest
                    sums[query] = share * sums[query] + otherShare * other.sums[query]
                    let place = unsafe outputs.baseAddress! + query * dimension
                    unsafe table.add_scaled(place, share, place, otherShare, others.baseAddress! + query * dimension, dimension)
                }
            }
        }
    }
}
