internal import COpenBLAS
package import Tensors

/// `input · weightsᵀ` by OpenBLAS: (rows, K) times float32 (outputs, K) gives (rows, outputs).
///
/// The yardstick of `minimax bench kernels`, and a tool for float32 products whose bytes nobody is promised. OpenBLAS
/// chooses its kernels, and so the order in which they add, by the CPU: exact arithmetic must not go through it.
package func blasLinear(_ input: Tensor, _ weights: WeightMatrix) -> Tensor {
    precondition(weights.elementType == .float32, "OpenBLAS takes float32, not \(weights.elementType)")
    precondition(input.columns == weights.columns, "input of \(input.columns) columns, weights of \(weights.columns)")
    let rows = Int32(input.rows), outputs = Int32(weights.rows), columns = Int32(input.columns)
    return unsafe Tensor(rows: input.rows, columns: weights.rows) { output in
        let elements = unsafe weights.base.assumingMemoryBound(to: Float.self)
        unsafe cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, rows, outputs, columns, 1, input.values, columns, elements,
            columns, 0, output, outputs)
    }
}

/// How many threads of its own OpenBLAS takes for one product.
package func useBLASThreads(_ count: Int) { openblas_set_num_threads(Int32(clamping: count)) }
