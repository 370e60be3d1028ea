internal import CKernels
internal import Foundation

extension Compute {
    /// Stores `count` keys among keys in groups, from place `first` on: as the kernels take them, `store_keys` in
    /// kernels.h.
    package func storeKeys(
        _ keys: UnsafeMutablePointer<Float>, first: Int,
        from rows: UnsafePointer<Float>, stride: Int, count: Int, dimension: Int
    ) {
        unsafe table.store_keys(keys, rows, stride, first, count, dimension)
    }

    /// Rows `first ..< first + count` of one canonical block of one lightning head; shapes and formula at
    /// `lightning_rows` in kernels.h.
    ///
    /// - Parameters:
    ///   - keys: the block's, in groups.
    ///   - values: the block's, `valueStride` apart.
    package func lightningRows(
        output: UnsafeMutablePointer<Float>, outputStride: Int, query: UnsafePointer<Float>, queryStride: Int,
        keys: UnsafePointer<Float>, values: UnsafePointer<Float>, valueStride: Int,
        state: UnsafePointer<Float>, decay: [Float], first: Int, count: Int, dimension: Int
    ) {
        precondition(first + count < decay.count, "rows up to \(first + count) of a block of \(decay.count - 1)")
        unsafe table.lightning_rows(
            output, outputStride, query, queryStride, keys, values, valueStride, state, decay, first, count, dimension)
    }

    /// Carries the state of one lightning head through the first `count` rows of a block: `lightning_close` in
    /// kernels.h.
    package func closeLightningBlock(
        state: UnsafeMutablePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, valueStride: Int,
        decay: [Float], count: Int, dimension: Int
    ) {
        let length = min(Kernels.pageLength, decay.count - 1)
        precondition(count <= length, "\(count) rows of a block of \(length)")
        unsafe table.lightning_close(state, keys, values, valueStride, decay, count, dimension)
    }

    /// Stores the key and the value of one place of a page whose numbers are in bfloat16, rounded: `store_rounded` in
    /// kernels.h.
    package func storeRounded(
        keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>, place: Int,
        key: UnsafePointer<Float>, value: UnsafePointer<Float>, dimension: Int
    ) {
        unsafe table.store_rounded(keys, values, key, value, place, dimension)
    }

    /// Adds the `places` of one page to the running softmax of `rows` queries; shapes at `attention_page` in kernels.h.
    ///
    /// - Parameters:
    ///   - keys: the page's, in groups.
    ///   - values: the page's, `dimension` apart.
    ///   - format: of keys and values.
    package func attentionPage(
        maximum: UnsafeMutablePointer<Float>, sum: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>,
        query: UnsafePointer<Float>,
        keys: UnsafeRawPointer, values: UnsafeRawPointer, format: FloatFormat = .float32, scale: Float, rows: Int,
        places: Range<Int>, dimension: Int
    ) {
        let page = 0 ..< Kernels.pageLength
        precondition(places.clamped(to: page) == places, "places \(places) of a page of \(page.count)")
        unsafe table.attention_page(
            maximum, sum, output, query, keys, values, format.elementType.rawValue, scale, rows, places.lowerBound,
            places.count, dimension)
    }

    /// Joins the running softmax of further keys, `other`, to that of the same queries: `maxima` and `sums` (queries),
    /// `outputs` (queries, dimension).
    package func joinSoftmax(
        maxima: inout [Float], sums: inout [Float], outputs: inout [Float],
        with other: (maxima: [Float], sums: [Float], outputs: [Float]), dimension: Int
    ) {
        precondition(
            other.maxima.count == maxima.count && other.outputs.count == outputs.count,
            "\(other.maxima.count) queries joined to \(maxima.count)")
        unsafe outputs.withUnsafeMutableBufferPointer { outputs in
            unsafe other.outputs.withUnsafeBufferPointer { others in
                for query in maxima.indices {
                    let highest = max(maxima[query], other.maxima[query])
                    let share = expf(maxima[query] - highest), otherShare = expf(other.maxima[query] - highest)
                    maxima[query] = highest
                    sums[query] = share * sums[query] + otherShare * other.sums[query]
                    let place = unsafe outputs.baseAddress! + query * dimension
                    unsafe table.add_scaled(
                        place, share, place, otherShare, others.baseAddress! + query * dimension, dimension)
                }
            }
        }
    }
}
