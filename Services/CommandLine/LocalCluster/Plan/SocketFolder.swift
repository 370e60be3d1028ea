internal import Console
internal import Foundation
internal import Transport

/// A fresh folder that only this user can enter, for the sockets and logs of one cluster.
package struct SocketFolder: Sendable {
    /// The folder's path.
    package let path: String
    /// A folder in it, for logs.
    var logs: String { "\(path)/log" }

    /// Ends with the process, so that the next one knows what a killed one has left.
    private let lock: FolderLock?
    private static let prefix = "minimax-", lockName = "cluster.lock"

    /// The length of the longest name of a socket in it.
    private static let nameBytesMax = "/expert-host-256.admin".utf8.count

    /// Makes a folder in `XDG_RUNTIME_DIR` or, where that cannot be, in `/tmp`. Those that killed processes have left
    /// there are removed.
    ///
    /// - Throws: `StartError` when no folder can be made.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        path = try Self.made(in: [environment["XDG_RUNTIME_DIR"], "/tmp"].compactMap(\.self))
        let logs = "\(path)/log"
        do {
            lock = try FolderLock.take(path, name: Self.lockName, isNew: true)
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw StartError("cannot make a folder for logs in \(path): \(plainWords(of: error))")
        }
    }

    /// Makes a folder in the first of `parents` where a socket's path is short enough.
    private static func made(in parents: [String]) throws -> String {
        var failure = ""
        for parent in parents where parent.hasPrefix("/") {
            FolderLock.removeAbandoned(in: parent, prefix: prefix, name: lockName)
            let bytes = "\(parent)/\(prefix)".utf8.count + TemporaryFolder.suffixLength
            guard bytes + nameBytesMax <= Address.unixPathBytesMax else { continue }
            do { return try TemporaryFolder.make(in: parent, prefix: prefix) } catch { failure = "\(parent): \(error)" }
        }
        throw StartError("cannot make a private folder for sockets in XDG_RUNTIME_DIR or /tmp (\(failure))")
    }

    /// Removes it, with all that is in it.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
