internal import Checkpoint
internal import Logging
internal import Messages
internal import Snapshots
internal import Synchronization

/// What earlier processes have left.
extension StateDisk {
    /// The states that earlier processes have left, if this one could have computed them as all of attention; those of
    /// parts are other files until it computes their part.
    func found() -> [KeptEntry] {
        let contents: SnapshotFolder.Contents
        do { contents = try folder.files.contents() } catch {
            logger.warning("the folder of states cannot be read", metadata: ["path": "\(path)", "error": "\(error)"])
            return []
        }
        for file in contents.refused { tell(file.file, "\(file.error)") }
        for state in contents.states {
            do throws(SnapshotError) {
                try state.description.require(fingerprint: fingerprint, arithmetic: arithmetic)
                guard case .part(let part) = state.description.heads else {
                    throw .otherTensors("it has sections of several parts, which a service takes, but never writes")
                }
                let entry = try entry(state)
                otherFiles.withLock { $0.add(entry.map { [$0] } ?? [], of: part) }
            } catch { tell(folder.files.file(state.id), "\(error)") }
        }
        return otherFiles.withLock { $0.take(.whole) }
    }

    /// - Returns: nil for what only the router that kept it could have asked for; its file is deleted.
    private func entry(_ state: SnapshotFolder.StoredState) throws(SnapshotError) -> KeptEntry? {
        let tokens = try folder.files.open(state.id).tokens()
        guard tokens.count == state.description.length else {
            try folder.files.delete(state.id)
            return nil
        }
        let about = KeptEntry.About(
            owner: state.description.owner, router: 0, scope: state.description.scope, tokens: tokens,
            isPromised: state.description.promised, worth: .milliseconds(state.description.worthMilliseconds))
        return KeptEntry(
            id: state.id, about: about, length: tokens.count, memory: nil, diskBytes: state.byteCount, lastUse: .zero)
    }
}
