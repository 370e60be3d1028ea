internal import Foundation
internal import Snapshots

/// A file that stands under its name when it is whole and on disk, or never: it is written under another name beside
/// its place, and removed where it does not come to its end.
struct NewSnapshotFile: ~Copyable {
    /// How names of files end that are being written.
    static let temporarySuffix = ".tmp"

    private let folder: String
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let writeCall: WriteCall
    private var isPlaced = false

    init(_ name: String, in folder: String, write: WriteCall = .system) throws(SnapshotError) {
        guard !folder.isEmpty, !folder.utf8.contains(0) else {
            throw .disk("the folder's name is empty or contains a zero byte")
        }
        let place = "\(folder)/\(name)"
        var template = Array("\(place).XXXXXX\(Self.temporarySuffix)".utf8CString)
        let opened = unsafe mkstemps(&template, Int32(Self.temporarySuffix.utf8.count))        // for this user alone
        guard opened >= 0 else { throw .system(errno) }
        self.folder = folder
        path = place
        temporaryPath = unsafe template.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
        descriptor = opened
        writeCall = write
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // Tells whoever cleans the folder that this file is being written; some file systems have no locks.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
    }

    deinit {
        close(descriptor)
        if !isPlaced { unsafe unlink(temporaryPath) }
    }

    /// Writes all of the bytes at `place`.
    func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(SnapshotError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe writeCall.write(descriptor, rest, place + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? .system(errno) : .disk("nothing more can be written") }
            done += count
        }
    }

    /// Puts the file in its place; where it is lasting, it is on disk then, whatever happens afterwards.
    mutating func finish(isLasting: Bool) throws(SnapshotError) {
        guard !isLasting || fsync(descriptor) == 0, unsafe rename(temporaryPath, path) == 0 else {
            throw .system(errno)
        }
        isPlaced = true
        guard isLasting else { return }
        do throws(SnapshotError) { try Self.syncFolder(folder) } catch {
            unsafe unlink(path)
            throw error
        }
    }

    /// Brings the names of the folder's files to disk.
    private static func syncFolder(_ folder: String) throws(SnapshotError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        // Some file systems have no such call for folders, and need none.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(errno) }
    }
}

/// How bytes are written to a file; tests put a full disk here.
@safe struct WriteCall: Sendable {
    /// Writes some of the bytes at a place of a file, and answers how many or -1, as `pwrite` does.
    let write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int

    static let system = unsafe WriteCall { descriptor, bytes, place in
        unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(place))
    }
}
