internal import CKernels

/// Gives memory that was freed, and kept for the next that asks, back to the system. For the end of something large,
/// not for every call: it takes milliseconds.
package func releaseFreedMemory() { kernels_release_freed_memory() }
