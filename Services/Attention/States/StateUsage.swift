internal import Synchronization

/// How many states there are, and what they take.
struct StateUsage: Sendable, Equatable {
    var sequences = 0
    /// Kept states in memory, and those that have a file.
    var kept = 0, onDisk = 0
    /// Bytes of memory of all states; those that no kept state could make free; and those of files.
    var usedBytes = 0, boundBytes = 0, diskBytes = 0
}

extension StateKeeper {
    var usage: StateUsage {
        store.withLock { store in
            StateUsage(
                sequences: store.live.count, kept: store.kept.values.count { $0.memory != nil },
                onDisk: store.kept.values.count { $0.diskBytes > 0 }, usedBytes: book.usedBytes,
                boundBytes: book.boundBytes,
                diskBytes: store.diskBytes + disk.otherFiles.withLock(\.byteCount))
        }
    }
}
