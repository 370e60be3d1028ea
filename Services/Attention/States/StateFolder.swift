internal import Console
internal import Foundation

/// The folder of a process's states, which no other process uses meanwhile. One that was not asked for ends with it.
final class StateFolder: Sendable {
    let files: SnapshotFolder
    private let isTemporary: Bool
    private let lock: FolderLock

    /// Where folders that nobody asked for are made: /var/tmp is on a disk also where /tmp is memory.
    private static let candidates = ["/var/tmp", FileManager.default.temporaryDirectory.path]
    private static let temporaryPrefix = "minimax-states-", lockName = "lock"
    /// Only folders that have this file are ever removed: none that a person has named, whatever it is called.
    static let temporaryLockName = "temporary.lock"

    /// - Parameter path: nil: a new folder, which ends with this object; those that killed processes have left are
    ///   removed first.
    /// - Throws: `StartError` where the folder cannot be used, or another process uses it.
    init(_ path: String?) throws(StartError) {
        isTemporary = path == nil
        let path = if let path { path } else { try Self.makeTemporary() }
        files = try SnapshotFolder(path, flag: "--states-folder")
        lock = try Self.lock(path, isTemporary)
    }

    deinit {
        if isTemporary { try? FileManager.default.removeItem(atPath: files.path) }
    }

    private static func lock(_ path: String, _ isTemporary: Bool) throws(StartError) -> FolderLock {
        let name = isTemporary ? temporaryLockName : lockName, lock: FolderLock?
        do { lock = try FolderLock.take(path, name: name, isNew: isTemporary) } catch {
            throw StartError("--states-folder \(error)")
        }
        guard let lock else {
            throw StartError("--states-folder \(path) is in use by another attention service; each needs its own")
        }
        return lock
    }

    private static func makeTemporary() throws(StartError) -> String {
        for folder in candidates {
            FolderLock.removeAbandoned(in: folder, prefix: temporaryPrefix, name: temporaryLockName)
            var name = Array("\(folder)/\(temporaryPrefix)XXXXXX".utf8CString)
            if let made = unsafe mkdtemp(&name) { return unsafe String(cString: made) }
        }
        throw StartError(
            "no folder for states can be made in \(candidates.joined(separator: " or ")); name one with --states-folder"
        )
    }
}
