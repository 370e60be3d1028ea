internal import Messages
internal import Snapshots
internal import Transport

/// A kept state's file as clients get and send it: one for all parts.
extension AttentionReplica {
    /// The files of all parts as one; they are written where there are none.
    ///
    /// - Throws: `SnapshotError` where the parts' files are not those of one state.
    func file(of state: StateID) async throws -> JoinedSnapshot {
        try JoinedSnapshot(try await askAll { try await $0.file(of: state) })
    }

    /// Bytes of the file: those with which a range of it begins.
    ///
    /// - Parameter bytesMax: no more are asked for.
    func bytes(
        _ range: Range<Int>, of file: JoinedSnapshot, _ state: StateID, bytesMax: Int
    ) async throws -> [UInt8] {
        switch file.place(of: range) {
        case .header(let range): return Array(file.header[range].prefix(bytesMax))
        case .part(let index, let range) where parts.indices.contains(index):
            return try await parts[index].bytes(
                range.prefix(bytesMax), of: state, fileBytes: file.data[index].upperBound)
        case .part, nil:
            throw RPCError(.notFound, "\(parts.count) parts of attention have no bytes \(range) of \(file.byteCount)")
        }
    }

    /// Sends the next bytes of a whole file to all parts; with the last ones the state is kept, in each part its own
    /// heads of it.
    ///
    /// - Parameter offset: where the bytes begin in the file.
    func take(
        _ bytes: [UInt8], of state: StateID, in scope: PrefixScope, at offset: Int, isLast: Bool
    ) async throws {
        let results = await tryAll {
            try await $0.import(bytes, of: state, in: scope, at: offset, isLast: isLast)
        }
        _ = try await values(results) { await self.tidy { try await $0.drop([state]) } }
    }
}
