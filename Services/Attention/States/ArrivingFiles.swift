internal import Foundation
internal import Messages
internal import Snapshots

/// Files of states that come in parts. Belongs to the disk's lane.
struct ArrivingFiles {
    private struct File {
        let descriptor: Int32
        var byteCount = 0
        var lastPart: Duration
    }

    private let folder: String
    private let bytesMax: Int
    private var files: [StateID: File] = [:]

    /// Nothing comes for so long: it will not come any more.
    private static let patience = Duration.seconds(60)
    /// Files at a time.
    private static let filesMax = 16
    static let suffix = ".arriving"

    /// - Parameter bytesMax: of all files together.
    init(folder: String, bytesMax: Int) {
        (self.folder, self.bytesMax) = (folder, bytesMax)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(Self.suffix) { _ = unsafe unlink("\(folder)/\(name)") }
    }

    func path(_ id: StateID) -> String { "\(folder)/\(id)\(Self.suffix)" }

    mutating func receive(
        _ part: [UInt8], of id: StateID, at offset: Int, _ now: Duration
    ) throws(AttentionError) {
        forgetStale(now)
        if offset == 0 { try begin(id, now) }
        guard var file = files[id], file.byteCount == offset else {
            throw .part(id, expected: files[id]?.byteCount ?? 0, found: offset)
        }
        let arrived = files.values.reduce(0) { $0 + $1.byteCount }
        guard part.count <= bytesMax - arrived else {
            forget(id)
            throw .diskFull(id, needed: part.count, free: max(0, bytesMax - arrived), budget: bytesMax)
        }
        guard write(part, to: file) else {
            let error = SnapshotError.system(errno)
            forget(id)
            throw .unwritable(id, "\(error)")
        }
        file.byteCount += part.count
        file.lastPart = now
        files[id] = file
    }

    private mutating func begin(_ id: StateID, _ now: Duration) throws(AttentionError) {
        forget(id)
        guard files.count < Self.filesMax else { throw .tooManyFiles(id, limit: Self.filesMax) }
        let descriptor = unsafe open(path(id), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(id, "\(SnapshotError.system(errno))") }
        files[id] = File(descriptor: descriptor, lastPart: now)
    }

    private func write(_ part: [UInt8], to file: File) -> Bool {
        var done = 0
        while done < part.count {
            let count = unsafe part.withUnsafeBytes { bytes in
                unsafe pwrite(
                    file.descriptor, bytes.baseAddress! + done, part.count - done, off_t(file.byteCount + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Forgets files of which nothing more has come for a while.
    mutating func forgetStale(_ now: Duration) {
        for (id, file) in files where now - file.lastPart > Self.patience { forget(id) }
    }

    /// Removes what has arrived of a file.
    mutating func forget(_ id: StateID) {
        guard let file = files.removeValue(forKey: id) else { return }
        close(file.descriptor)
        _ = unsafe unlink(path(id))
    }
}
