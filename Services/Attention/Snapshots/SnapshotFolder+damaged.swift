internal import Foundation
internal import Messages
internal import Snapshots

// Damaged files, which nobody reads but a person who looks for the reason.
extension SnapshotFolder {
    /// A file that was set aside.
    struct DamagedFile: Sendable, Equatable {
        /// Without the folder.
        let name: String
        let byteCount: Int
    }

    /// Gives a damaged state's file another name, so that it is not found again but can be looked at.
    ///
    /// - Returns: that name, without the folder.
    @discardableResult func setAside(_ id: StateID) throws(SnapshotError) -> String {
        let name = file(id), newName = name + Self.damagedSuffix
        guard unsafe rename("\(path)/\(name)", "\(path)/\(newName)") == 0 else {
            throw errno == ENOENT ? .missing : .system(errno)
        }
        return newName
    }

    /// The files that were set aside, those written first first.
    func damaged() throws(SnapshotError) -> [DamagedFile] {
        let files = try files().filter(isDamaged).map { name in
            let facts = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            return (
                file: DamagedFile(name: name, byteCount: facts?[.size] as? Int ?? 0),
                written: facts?[.modificationDate] as? Date ?? .distantPast
            )
        }
        return files.sorted { ($0.written, $0.file.name) < ($1.written, $1.file.name) }.map(\.file)
    }

    func delete(_ damaged: DamagedFile) throws(SnapshotError) {
        guard unsafe unlink("\(path)/\(damaged.name)") == 0 || errno == ENOENT else { throw .system(errno) }
    }
}
