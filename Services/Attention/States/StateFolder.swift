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

    /// - Parameters:
    ///   - path: nil: a new folder, which ends with this object; those that killed processes have left are removed
    ///     first.
    ///   - orNext: where another process uses the folder, the first of PATH-2, PATH-3 and so on that none uses.
    /// - Throws: `StartError` where the folder cannot be used, or another process uses it.
    init(_ path: String?, orNext: Bool = false) throws(StartError) {
        isTemporary = path == nil
        let path = if let path { path } else { try Self.makeTemporary() }
        (files, lock) = try Self.take(path, isTemporary, count: orNext ? Self.foldersMax : 1)
    }

    deinit {
        if isTemporary { try? FileManager.default.removeItem(atPath: files.path) }
    }

    /// Takes the first of `count` folders that no other process uses.
    private static func take(
        _ path: String, _ isTemporary: Bool, count: Int
    ) throws(StartError) -> (files: SnapshotFolder, lock: FolderLock) {
        let name = isTemporary ? temporaryLockName : lockName
        for number in 1 ... count {
            let files = try SnapshotFolder(self.path(path, number: number), flag: "--states-folder")
            do {
                if let lock = try FolderLock.take(files.path, name: name, isNew: isTemporary) { return (files, lock) }
            } catch { throw StartError("--states-folder \(error)") }
        }
        throw StartError("--states-folder \(path) is in use by another attention service; each needs its own")
    }

    /// More processes than any machine has. Folder 1 is the one that was named.
    private static let foldersMax = 1024

    private static func path(_ path: String, number: Int) -> String {
        if number == 1 { return path }
        let end = path.lastIndex { $0 != "/" }
        return "\(end.map { String(path[...$0]) } ?? path)-\(number)"
    }

    private static func makeTemporary() throws(StartError) -> String {
        for folder in candidates {
            FolderLock.removeAbandoned(in: folder, prefix: temporaryPrefix, name: temporaryLockName)
            if let made = try? TemporaryFolder.make(in: folder, prefix: temporaryPrefix) { return made }
        }
        throw StartError(
            "no folder for states can be made in \(candidates.joined(separator: " or ")); name one with --states-folder"
        )
    }
}
