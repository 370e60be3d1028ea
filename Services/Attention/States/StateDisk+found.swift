internal import Logging
internal import Messages

/// What earlier processes have left.
extension StateDisk {
    /// The states that earlier processes have left, if this one could have computed them.
    func found() -> [KeptEntry] {
        let contents: SnapshotFolder.Contents
        do { contents = try folder.files.contents() } catch {
            logger.warning("the folder of states cannot be read", metadata: ["path": "\(path)", "error": "\(error)"])
            return []
        }
        for file in contents.refused { tell(file.file, "\(file.error)") }
        return contents.states.compactMap { state in
            do throws(SnapshotError) {
                try state.description.require(fingerprint: fingerprint, arithmetic: arithmetic)
                return try entry(state)
            } catch {
                tell(folder.files.file(state.id), "\(error)")
                return nil
            }
        }
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
