internal import Foundation
internal import Synchronization

/// One weight file being written: the header at once, then the tensors in parts, in any order and from any thread.
package final class SafetensorsWriter: Sendable {
    /// The file's name, and its tensors in the order of their bytes.
    package let shard: ShardPlan.Shard
    private let descriptor: Int32
    /// Where each tensor begins in the file, in the shard's order.
    private let starts: [Int]
    private let written: Atomic<Int>

    /// Makes the file, which must not exist yet.
    package init(_ shard: ShardPlan.Shard, in directory: String) throws(CheckpointError) {
        descriptor = unsafe open("\(directory)/\(shard.file)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CheckpointError(file: shard.file, .unwritable(FileError(code: errno).why)) }
        self.shard = shard
        var starts: [Int] = [], end = shard.header.count
        for tensor in shard.tensors {
            starts.append(end)
            end += tensor.byteCount
        }
        self.starts = starts
        written = Atomic(0)
        try unsafe shard.header.withUnsafeBufferPointer { (header) throws(CheckpointError) in
            try unsafe write(UnsafeRawBufferPointer(header), at: 0)
        }
    }

    deinit { close(descriptor) }

    /// Writes `bytes`, which lie `offset` bytes from the beginning of tensor number `tensor` of the shard.
    package func write(_ bytes: UnsafeRawBufferPointer, tensor: Int, at offset: Int) throws(CheckpointError) {
        let byteCount = shard.tensors[tensor].byteCount
        precondition(
            offset >= 0 && bytes.count <= byteCount - offset,
            "\(bytes.count) bytes at \(offset) of \(shard.tensors[tensor].name), which has \(byteCount)")
        try unsafe write(bytes, at: starts[tensor] + offset)
    }

    /// Ends the file, of which every byte must have been written.
    package func finish() throws(CheckpointError) {
        let count = written.load(ordering: .relaxed)
        precondition(count == shard.byteCount, "\(count) of \(shard.byteCount) bytes of \(shard.file) were written")
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(CheckpointError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(place + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CheckpointError(file: shard.file, .unwritable(FileError(code: errno).why)) }
            done += count
        }
        written.add(bytes.count, ordering: .relaxed)
    }
}
