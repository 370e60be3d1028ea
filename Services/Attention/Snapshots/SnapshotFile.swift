internal import Checkpoint
internal import Foundation
internal import Snapshots

/// A state's file, open for reading; its header has been read and checked, its data has not. It can be read to its end
/// also when it is deleted meanwhile. `SnapshotFormat` says what is in it.
final class SnapshotFile: Sendable {
    let header: SnapshotHeader
    /// The size of the whole file.
    let byteCount: Int
    private let descriptor: Int32

    /// - Throws: `missing`, `disk`, or why the header cannot be used: `damaged` or `newerFormat`.
    static func open(_ path: String) throws(SnapshotError) -> SnapshotFile {
        guard !path.utf8.contains(0) else { throw .disk("the file's name contains a zero byte") }
        // O_NONBLOCK: a pipe must not hold us up.
        let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .system(errno) }
        do throws(SnapshotError) { return try SnapshotFile(descriptor: descriptor) } catch {
            close(descriptor)
            throw error
        }
    }

    /// - Parameter descriptor: stays the caller's where this fails.
    private init(descriptor: Int32) throws(SnapshotError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .disk("it is not a regular file") }
        byteCount = Int(status.st_size)
        let beginning = try Self.bytes(of: descriptor, 0 ..< min(8, byteCount))
        let headerBytes = try SnapshotHeader.byteCount(beginning: beginning, fileByteCount: byteCount)
        header = try SnapshotHeader(Self.bytes(of: descriptor, 0 ..< headerBytes), fileByteCount: byteCount)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var description: SnapshotDescription { header.description }

    /// Some bytes of the file as they are, for sending it elsewhere: `count`, or fewer where the file ends.
    func bytes(at offset: Int, count: Int) throws(SnapshotError) -> [UInt8] {
        let start = min(max(0, offset), byteCount)
        return try Self.bytes(of: descriptor, start ..< start + min(max(0, count), byteCount - start))
    }

    private static func bytes(of descriptor: Int32, _ range: Range<Int>) throws(SnapshotError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotError) in
            try unsafe read(descriptor, at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }

    func read(at place: Int, into bytes: UnsafeMutableRawBufferPointer) throws(SnapshotError) {
        try unsafe Self.read(descriptor, at: place, into: bytes)
    }

    private static func read(
        _ descriptor: Int32, at place: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(SnapshotError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(place + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { throw .damaged("it ends after \(place + done) bytes") }
            done += count
        }
    }
}
