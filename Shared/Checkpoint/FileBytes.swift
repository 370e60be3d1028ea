import Foundation

/// Why a file could not be read, in the system's words.
struct FileError: Error, Equatable {
    let isAbsent: Bool
    let why: String

    fileprivate init(why: String) {
        isAbsent = false
        self.why = why
    }

    /// From `errno`; call it before anything else can change that.
    init(code: Int32) {
        isAbsent = code == ENOENT
        why = unsafe String(cString: strerror(code))
    }
}

/// Whole files in memory, and files mapped into it.
enum FileBytes {
    /// How a pointer of Git LFS begins, which stands in a large file's place until that is fetched.
    static let pointerStart = Array("version https://git-lfs".utf8)

    static func isPointer(_ bytes: [UInt8]) -> Bool { bytes.starts(with: pointerStart) }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Opens a regular file, lends its descriptor and size, and closes it again.
    fileprivate static func withOpen<R>(
        _ path: String, _ body: (_ descriptor: Int32, _ byteCount: Int) throws(FileError) -> R
    ) throws(FileError) -> R {
        guard !path.utf8.contains(0) else { throw FileError(why: "its name contains a zero byte") }
        // O_NONBLOCK: a pipe must not hold us up.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(why: "it is not a regular file") }
        return try body(descriptor, Int(status.st_size))
    }

    fileprivate static func identity(of descriptor: Int32) -> String {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return "" }
        #if canImport(Darwin)
        let changed = status.st_mtimespec
        #else
        let changed = status.st_mtim
        #endif
        return "\(status.st_dev) \(status.st_ino) \(status.st_size) \(changed.tv_sec).\(changed.tv_nsec)"
    }

    /// The whole of a small file.
    static func read(_ path: String, byteCountMax: Int) throws(FileError) -> [UInt8] {
        try withOpen(path) { (descriptor, byteCount) throws(FileError) in
            guard byteCount <= byteCountMax else {
                throw FileError(why: "it has \(byteCount) bytes, at most \(byteCountMax) are sensible")
            }
            var bytes = [UInt8](repeating: 0, count: byteCount)
            var filled = 0
            while filled < byteCount {
                let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe pread(descriptor, buffer.baseAddress! + filled, byteCount - filled, off_t(filled))
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileError(code: errno) }
                guard count > 0 else { throw FileError(why: "it became shorter while it was read") }
                filled += count
            }
            guard !isPointer(bytes) else {
                throw FileError(why: "it is a Git LFS pointer, not the file itself; fetch it with git lfs pull")
            }
            return bytes
        }
    }
}

/// A file mapped for reading, for as long as this object lives. Pages are read when touched and shared between
/// processes.
@safe final class MappedFile: @unchecked Sendable {        // the bytes are never written
    /// The file's name as errors show it.
    let name: String
    let byteCount: Int
    /// The same for all who have mapped this file on this machine: device, number, size and time of the last change.
    let identity: String
    private let base: UnsafeRawPointer?        // nil: an empty file, which cannot be mapped

    init(path: String, name: String) throws(FileError) {
        typealias Mapping = (base: UnsafeRawPointer?, byteCount: Int, identity: String)
        let (base, byteCount, identity) = unsafe try FileBytes.withOpen(path) {
            (descriptor, byteCount) throws(FileError) -> Mapping in
            let identity = FileBytes.identity(of: descriptor)
            guard byteCount > 0 else { return (nil, 0, identity) }
            // The mapping outlives the descriptor.
            guard let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
                unsafe address != MAP_FAILED
            else {
                throw FileError(code: errno)
            }
            return (UnsafeRawPointer(address), byteCount, identity)
        }
        unsafe self.base = base
        self.identity = identity
        self.byteCount = byteCount
        self.name = name
    }

    deinit {
        if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
    }

    /// A copy of the bytes of `range`.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        guard !range.isEmpty else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: address(range), count: range.count))
    }

    /// Where the first byte of `range` lies; valid while this object lives.
    func address(_ range: Range<Int>) -> UnsafeRawPointer {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(name), which has \(byteCount)")
        guard let base = unsafe base else { preconditionFailure("\(name) is empty") }
        return unsafe base + range.lowerBound
    }
}
