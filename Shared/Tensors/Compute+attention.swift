internal import CKernels

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

    /// Adds one page of keys and values to one row's running softmax; shapes at `attention_page` in kernels.h.
    package func attentionPage(
        maximum: inout Float, sum: inout Float, output: UnsafeMutablePointer<Float>, query: UnsafePointer<Float>,
        keys: UnsafePointer<Float>, values: UnsafePointer<Float>, scale: Float, count: Int, dimension: Int
    ) {
        precondition(count <= Kernels.pageLength, "\(count) keys in a page of \(Kernels.pageLength)")
        unsafe table.attention_page(&maximum, &sum, output, query, keys, values, scale, count, dimension)
    }
}
