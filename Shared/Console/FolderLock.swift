internal import Foundation

/// Shows to other processes that one uses a folder. The lock ends with this object, and with the process, however that
/// ends.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Locks a folder.
    ///
    /// - Parameters:
    ///   - name: of the file in it that is locked.
    ///   - isNew: whether that file is made now; it then gets its name only when it is locked, so that nobody takes the
    ///     folder for one that was left.
    /// - Returns: nil where another process has it.
    /// - Throws: `StartError` where the file cannot be made or locked.
    package static func take(_ folder: String, name: String, isNew: Bool = false) throws(StartError) -> FolderLock? {
        let path = "\(folder)/\(name)", openPath = isNew ? path + ".new" : path
        let descriptor = unsafe open(openPath, O_RDWR | O_CLOEXEC | O_CREAT | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StartError("\(folder) cannot be locked: \(systemWords(errno))") }
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        if isLocked, unsafe !isNew || rename(openPath, path) == 0 { return FolderLock(descriptor: descriptor) }
        let code = errno
        close(descriptor)
        guard code == EWOULDBLOCK else { throw StartError("\(folder) cannot be locked: \(systemWords(code))") }
        return nil
    }

    /// Removes folders of this user that processes have left which were killed: those that have a lock's file, which
    /// nobody holds.
    ///
    /// - Parameters:
    ///   - parent: where they are.
    ///   - prefix: what their names begin with, as `TemporaryFolder` makes them.
    ///   - name: of the lock's file. No folder that a person has named may have a file of that name.
    package static func removeAbandoned(in parent: String, prefix: String, name: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        let length = prefix.utf8.count + TemporaryFolder.suffixLength
        for folder in names where folder.hasPrefix(prefix) && folder.utf8.count == length {
            let path = "\(parent)/\(folder)"
            // A folder without a lock may just be made.
            guard isOwn(path), FileManager.default.fileExists(atPath: "\(path)/\(name)"),
                let lock = try? take(path, name: name)
            else { continue }
            try? FileManager.default.removeItem(atPath: path)
            withExtendedLifetime(lock) {}
        }
    }

    /// Whether there is a folder, and no link to one, that belongs to this user.
    private static func isOwn(_ path: String) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
    }
}
