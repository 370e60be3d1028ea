internal import Console
internal import Foundation
internal import SystemPackage
internal import Tensors

/// Writes and reads a file as `dd` does with blocks of 1 MiB: what states on disk are measured against.
struct PlainFile: Sendable {
    private let path: String
    private let block: MappedMemory

    private static let blockBytes = 1 << 20

    /// - Throws: `StartError` where there is no memory.
    init(_ path: String) throws {
        self.path = path
        block = try .filled(byteCount: Self.blockBytes)
    }

    /// Writes a new file and brings it to the disk. - Returns: the seconds that took.
    func write(byteCount: Int) throws -> Double {
        try timed("written") {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            try file.closeAfter {
                for size in Self.sizes(byteCount) { try unsafe file.writeAll(bytes(size)) }
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        }
    }

    /// Reads the file from its beginning to its end. - Returns: the seconds that took.
    func read() throws -> Double {
        try timed("read") {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            try file.closeAfter { while try unsafe file.read(into: bytes(Self.blockBytes)) > 0 {} }
        }
    }

    /// Reads all of the file into fresh memory. - Returns: the seconds that took, those for the memory included.
    func readWhole(_ byteCount: Int) throws -> Double {
        try timed("read") {
            guard let memory = MappedMemory(byteCount: byteCount) else {
                throw StartError("there is no memory for \(byteCount) bytes")
            }
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            try file.closeAfter { try Self.fill(memory, from: file) }
        }
    }

    private static func fill(_ memory: MappedMemory, from file: FileDescriptor) throws {
        var done = 0
        while done < memory.byteCount {
            let rest = unsafe UnsafeMutableRawBufferPointer(start: memory.base + done, count: memory.byteCount - done)
            let count = try unsafe file.read(into: rest)
            guard count > 0 else { throw StartError("it has \(done) bytes, expected \(memory.byteCount)") }
            done += count
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Blocks of a file; the last one may be shorter.
    static func sizes(_ byteCount: Int) -> [Int] {
        stride(from: 0, to: byteCount, by: blockBytes).map { min(blockBytes, byteCount - $0) }
    }

    private func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: block.base, count: count)
    }

    private func timed(_ done: String, _ work: () throws -> Void) throws -> Double {
        let begin = ContinuousClock.now
        do { try work() } catch { throw StartError("\(path) cannot be \(done): \(plainWords(of: error))") }
        return (ContinuousClock.now - begin) / .seconds(1)
    }
}
