internal import Foundation
internal import Messages
internal import Snapshots

extension SnapshotFolder {
    /// What the folder holds.
    struct Contents: Sendable {
        /// By their ids.
        var states: [StoredState] = []
        var refused: [RefusedFile] = []
    }

    /// A state whose file has a good header.
    struct StoredState: Sendable, Equatable {
        let id: StateID
        let description: SnapshotDescription
        /// The size of the file.
        let byteCount: Int
    }

    /// A file that is named as a state and cannot be used as one.
    struct RefusedFile: Sendable, Equatable {
        /// The name it has now, without the folder.
        let file: String
        let error: SnapshotError
    }

    /// Reads the headers of all states. A file whose header is damaged is given another name (`setAside`); one of a
    /// newer format, or that cannot be read, stays as it is.
    func contents() throws(SnapshotError) -> Contents {
        var contents = Contents()
        for id in try files().compactMap({ id($0[...]) }).sorted() {
            do throws(SnapshotError) {
                let file = try open(id)
                contents.states.append(.init(id: id, description: file.description, byteCount: file.byteCount))
            } catch .missing {
                continue        // deleted since the folder was read
            } catch {
                contents.refused.append(refuse(id, error))
            }
        }
        return contents
    }

    /// The sizes of all states' files together, in bytes.
    func byteCount() throws(SnapshotError) -> Int {
        try files().filter { id($0[...]) != nil }.reduce(0) { $0 + size(of: $1) }
    }

    private func refuse(_ id: StateID, _ error: SnapshotError) -> RefusedFile {
        guard case .damaged = error, let newName = try? setAside(id) else { return .init(file: file(id), error: error) }
        return .init(file: newName, error: error)
    }

    /// Removes files that nobody writes any more.
    func removeLeftovers() throws(SnapshotError) {
        for name in try files() where isTemporary(name) {
            let place = "\(path)/\(name)"
            let descriptor = unsafe Foundation.open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            // Whoever writes a file holds its lock; see `NewSnapshotFile`.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else { continue }
            guard unsafe unlink(place) == 0 || errno == ENOENT else { throw .system(errno) }
        }
    }

    func files() throws(SnapshotError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw .disk("\(path) cannot be listed: \(error.localizedDescription)")
        }
    }

    /// 0 for a file that is gone.
    private func size(of file: String) -> Int {
        var status = stat()
        return unsafe stat("\(path)/\(file)", &status) == 0 ? Int(status.st_size) : 0
    }
}

// Names of files.
extension SnapshotFolder {
    func file(_ id: StateID) -> String { "\(id)\(Self.stateSuffix)" }

    /// The id in a state's file name; nil for any other name.
    private func id(_ file: Substring) -> StateID? {
        guard let number = UInt64(file.prefix(16), radix: 16), number > 0 else { return nil }
        let id = StateID(rawValue: number)
        return self.file(id) == file ? id : nil
    }

    /// Whether the name is one that `setAside` gives.
    func isDamaged(_ file: String) -> Bool {
        file.hasSuffix(Self.damagedSuffix) && id(file.dropLast(Self.damagedSuffix.count)) != nil
    }

    /// Whether the name is one of a state, then six characters and the suffix, as `NewSnapshotFile` makes it.
    private func isTemporary(_ file: String) -> Bool {
        let stateName = file.dropLast(1 + 6 + NewSnapshotFile.temporarySuffix.count)
        return file.hasSuffix(NewSnapshotFile.temporarySuffix) && id(stateName) != nil
    }
}
