internal import Checkpoint
internal import Messages
internal import Snapshots
internal import Synchronization
internal import Tensors

/// Files that arrive in parts.
extension StateDisk {
    func receive(_ part: [UInt8], of id: StateID, at offset: Int, _ now: Duration) throws(AttentionError) {
        try arriving.withLock { files throws(AttentionError) in try files.receive(part, of: id, at: offset, now) }
    }

    /// A file of which all parts are there, if it is of a state that this service could have computed, and its token
    /// ids.
    ///
    /// - Parameter part: of attention, which the service computes; the file must have all of its heads.
    func arrived(
        _ id: StateID, of part: AttentionPart
    ) throws(AttentionError) -> (file: SnapshotFile, tokens: [Int32]) {
        do throws(SnapshotError) {
            let file = try SnapshotFile.open(arriving.withLock { $0.path(id) })
            try file.description.require(fingerprint: fingerprint, arithmetic: arithmetic)
            try file.description.requireHeads(of: part)
            let tokens = try file.tokens()
            guard tokens.count == file.description.length, !tokens.isEmpty else {
                throw .otherTensors("it has \(tokens.count) token ids, expected one for each of its tokens")
            }
            return (file, tokens)
        } catch { throw .refused(id, "\(error)") }
    }

    /// Fills an empty state from a file that has arrived.
    func read(
        _ file: SnapshotFile, _ id: StateID, _ tokens: [Int32], into state: KeptState, _ shape: StateShape
    ) throws(AttentionError) {
        do throws(SnapshotError) { try fill(state, from: file, tokens, shape) } catch { throw .refused(id, "\(error)") }
    }

    /// To be called every second.
    func forgetStale(_ now: Duration) async throws {
        try await lane.run { [self] in arriving.withLock { $0.forgetStale(now) } }
    }

    func forgetNow(_ id: StateID) { arriving.withLock { $0.forget(id) } }

    func forget(_ id: StateID) async { await finish { [self] in forgetNow(id) } }
}
