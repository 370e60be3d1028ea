internal import COpenBLAS

/// `state = decay * state + keysᵀ · values`: (d, d) from `count` rows of keys and values of shape (count, d).
///
/// OpenBLAS adds in an order that depends on the shape alone, and callers always pass a whole canonical block.
package func closeLightningBlock(
    state: UnsafeMutablePointer<Float>, decay: Float, keys: UnsafePointer<Float>, keyStride: Int,
    values: UnsafePointer<Float>, valueStride: Int, count: Int, dimension: Int
) {
    let d = Int32(dimension)
    unsafe cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, Int32(count), 1, keys, Int32(keyStride), values, Int32(valueStride), decay, state, d)
}

/// One level of parallelism is enough: OpenBLAS runs on the thread that calls it. Called once, when a service starts.
package func useOneBLASThread() { useBLASThreads(1) }
