internal import Foundation

/// OpenBLAS cannot have the memory that it needs.
package struct BLASMemoryError: Error, CustomStringConvertible {
    package let bytes: Int
    package let threads: Int

    package var description: String {
        "OpenBLAS needs \(bytes >> 20) MiB of address space, \(BLASMemory.bufferBytes >> 20) for each of \(threads) threads, and the system "
            + "gives it less: raise the limit (ulimit -v, LimitAS, vm.overcommit_memory), or use fewer --threads"
    }
}

/// OpenBLAS keeps a buffer for each thread that multiplies. Where the system refuses one, it asks again without end, so that a
/// call never returns: whether the memory can be had is found out before the first call.
package enum BLASMemory {
    /// Of a thread: `BUFFER_SIZE` of OpenBLAS on x86-64, the largest of all machines.
    static let bufferBytes = 128 << 20

    /// Has the buffers made, once, for all threads of `compute`; to be called on the thread that will call them later.
    package static func reserve(for compute: Compute) throws(BLASMemoryError) {
        let bytes = compute.threads * bufferBytes
        let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard unsafe memory != MAP_FAILED else { throw BLASMemoryError(bytes: bytes, threads: compute.threads) }
        unsafe munmap(memory, bytes)
        compute.inParts(compute.threads) { _ in multiply() }
    }

    /// Large enough that OpenBLAS uses its buffer.
    private static func multiply() {
        let (dimension, count) = (128, 256)
        let input = [Float](repeating: 0, count: count * dimension)
        var state = [Float](repeating: 0, count: dimension * dimension)
        unsafe state.withUnsafeMutableBufferPointer { state in
            guard let base = state.baseAddress else { return }
            unsafe closeLightningBlock(
                state: base, decay: 0, keys: input, keyStride: dimension, values: input, valueStride: dimension, count: count, dimension: dimension)
        }
    }
}
