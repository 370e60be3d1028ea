internal import Console
internal import Foundation
internal import Messages
internal import Snapshots

/// A folder of kept states, one file each, named by the state's id. Files of other names are left alone.
struct SnapshotFolder: Sendable {
    static let stateSuffix = ".safetensors", damagedSuffix = ".damaged"

    let path: String

    /// Makes the folder where there is none, and removes what a process left that ended while it wrote.
    ///
    /// - Parameter flag: which flag named the folder, for the error.
    /// - Throws: `StartError` where no file can be made in the folder.
    init(_ path: String, flag: String) throws(StartError) {
        self.path = path
        do throws(SnapshotError) {
            try Self.make(path)
            try requireWritable()
            try removeLeftovers()
        } catch { throw StartError("\(flag) \(path) cannot be used: \(error)") }
    }

    /// Refuses a folder in which no file can be made.
    func requireWritable() throws(SnapshotError) {
        _ = try NewSnapshotFile(file(.random()), in: path)        // and removes it
    }

    /// Makes the folder, and those around it, for this user alone: what states were made of can be read in them.
    private static func make(_ path: String) throws(SnapshotError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .disk("the folder's name is empty or contains a zero byte")
        }
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for end in ends {
            let isThere = unsafe mkdir(String(path[..<end]), 0o700) == 0 || errno == EEXIST
            guard isThere || end < path.endIndex else { throw .system(errno) }
        }
    }

    /// Writes a state's file; see `SnapshotFile.write`.
    @discardableResult func write(
        _ id: StateID, _ description: SnapshotDescription, _ tensors: [SnapshotTensor], isLasting: Bool = true
    ) throws(SnapshotError) -> Int {
        try SnapshotFile.write(description, tensors, to: path, name: file(id), isLasting: isLasting)
    }

    func open(_ id: StateID) throws(SnapshotError) -> SnapshotFile { try .open("\(path)/\(file(id))") }

    /// - Returns: whether there was such a state.
    @discardableResult func delete(_ id: StateID) throws(SnapshotError) -> Bool {
        if unsafe unlink("\(path)/\(file(id))") == 0 { return true }
        guard errno == ENOENT else { throw .system(errno) }
        return false
    }
}
