internal import Console
internal import Foundation

/// The folder of a process's states, which no other process uses meanwhile. One that was not asked for ends with it.
final class StateFolder: Sendable {
    let files: SnapshotFolder
    private let isTemporary: Bool
    /// Of the lock that shows that a process uses the folder.
    private let descriptor: Int32

    /// Where folders that nobody asked for are made: /var/tmp is on a disk also where /tmp is memory.
    private static let candidates = ["/var/tmp", FileManager.default.temporaryDirectory.path]
    private static let temporaryPrefix = "minimax-states-", lockName = "lock"

    /// - Parameter path: nil: a new folder, which ends with this object; those that killed processes have left are
    ///   removed first.
    /// - Throws: `StartError` where the folder cannot be used, or another process uses it.
    init(_ path: String?) throws(StartError) {
        isTemporary = path == nil
        let path = if let path { path } else { try Self.makeTemporary() }
        files = try SnapshotFolder(path, flag: "--states-folder")
        guard let descriptor = try Self.lock(path, isNew: isTemporary) else {
            throw StartError("--states-folder \(path) is in use by another attention service; each needs its own")
        }
        self.descriptor = descriptor
    }

    deinit {
        if isTemporary { try? FileManager.default.removeItem(atPath: files.path) }
        close(descriptor)
    }

    private static func makeTemporary() throws(StartError) -> String {
        for folder in candidates {
            removeAbandoned(in: folder)
            var name = Array("\(folder)/\(temporaryPrefix)XXXXXX".utf8CString)
            if let made = unsafe mkdtemp(&name) { return unsafe String(cString: made) }
        }
        throw StartError(
            "no folder for states can be made in \(candidates.joined(separator: " or ")); name one with --states-folder"
        )
    }

    private static func removeAbandoned(in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(temporaryPrefix) {
            let path = "\(folder)/\(name)"
            // A folder without a lock may just be made.
            guard FileManager.default.fileExists(atPath: "\(path)/\(lockName)"),
                let descriptor = try? lock(path, isNew: false)
            else { continue }
            try? FileManager.default.removeItem(atPath: path)
            close(descriptor)
        }
    }

    /// - Parameter isNew: whether the lock is made now; it then gets its name only when it is held, so that nobody
    ///   takes the folder for one that was left.
    /// - Returns: nil where another process has it.
    private static func lock(_ path: String, isNew: Bool) throws(StartError) -> Int32? {
        let name = "\(path)/\(lockName)", openName = isNew ? name + ".new" : name
        let descriptor = unsafe open(openName, O_RDWR | O_CLOEXEC | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw cannotLock(path) }
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        if isLocked, unsafe openName == name || rename(openName, name) == 0 { return descriptor }
        defer { close(descriptor) }
        guard errno == EWOULDBLOCK else { throw cannotLock(path) }
        return nil
    }

    private static func cannotLock(_ path: String) -> StartError {
        StartError("--states-folder \(path) cannot be locked: \(SnapshotError.system(errno))")
    }
}
