internal import Snapshots
internal import Tensors

extension SnapshotFile {
    /// Writes a state's file, which replaces one of the same name. Where it cannot be written to its end, nothing is
    /// left of it, and what was there stays.
    ///
    /// The memory of `tensors` must not change meanwhile.
    ///
    /// - Parameters:
    ///   - tensors: of different names.
    ///   - isLasting: whether the file is on disk when this returns, whatever happens afterwards.
    /// - Returns: the file's size in bytes.
    @discardableResult static func write(
        _ description: SnapshotDescription, _ tensors: [SnapshotTensor], to folder: String, name: String,
        isLasting: Bool = true, write: WriteCall = .system
    ) throws(SnapshotError) -> Int {
        let names = tensors.map(\.inHeader)
        let headerBytes = SnapshotHeader.bytes(description, names, checksums: nil).count
        try SnapshotHeader.requireReadable(byteCount: headerBytes)
        var file = try NewSnapshotFile(name, in: folder, write: write)
        let buffer = SnapshotBuffer()
        var place = headerBytes, checksums: [Digest] = []
        for tensor in tensors {
            checksums.append(try file.write(tensor, at: place, through: buffer))
            place += tensor.byteCount
        }
        try file.write(SnapshotHeader.bytes(description, names, checksums: checksums))
        try file.finish(isLasting: isLasting)
        return place
    }
}

extension NewSnapshotFile {
    /// - Returns: the digest of what was written.
    fileprivate borrowing func write(
        _ tensor: SnapshotTensor, at start: Int, through buffer: borrowing SnapshotBuffer
    ) throws(SnapshotError) -> Digest {
        var place = start, digest = DigestStream()
        for run in tensor.runs {
            buffer.gather(run)
            let bytes = unsafe UnsafeRawBufferPointer(buffer.place(of: run))
            unsafe digest.add(bytes)
            try unsafe write(bytes, at: place)
            place += run.byteCount
        }
        return digest.finished()
    }

    fileprivate borrowing func write(_ header: [UInt8]) throws(SnapshotError) {
        try unsafe header.withUnsafeBufferPointer { (bytes) throws(SnapshotError) in
            try unsafe write(UnsafeRawBufferPointer(bytes), at: 0)
        }
    }
}
