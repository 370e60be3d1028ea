internal import Messages
internal import Snapshots
internal import Synchronization
internal import Tensors

/// Kept states travel as their files: to a client that saves one, and to another cluster.
extension StateKeeper {
    /// Most bytes of a part, so that what one service gives fits in a message to any other.
    static let partBytesMax = 1 << 20

    func export(_ request: ExportStateRequest) async throws -> ExportStateResponse {
        heard(request.router)
        let entry = try store.withLock { store throws(AttentionError) in
            try store.entry(request.state, of: request.owner)
        }
        if entry.diskBytes == 0 { _ = try await write(entry) }
        let count = min(max(1, request.bytesMax), Self.partBytesMax)
        do {
            return try await disk.lane.run { [disk] in
                let (fileBytes, part) = try disk.part(of: request.state, at: request.offset, count: count)
                return ExportStateResponse(fileBytes: fileBytes, part: part)
            }
        } catch let error as AttentionError {
            if case .damaged(_, let why) = error { await loseFile(request.state, because: why) }
            throw error
        }
    }

    func `import`(_ request: ImportStateRequest) async throws -> ImportStateResponse {
        routers.heard(request.router, of: request.owner)
        guard request.state != .none, store.withLock({ $0.kept[request.state] == nil }) else {
            throw AttentionError.stateExists(request.state)
        }
        try await disk.lane.run { [disk, now] in
            try disk.receive(request.part, of: request.state, at: request.offset, now)
        }
        guard request.isLast else { return ImportStateResponse(length: 0) }
        let about = KeptEntry.About(
            owner: request.owner, router: request.router, scope: request.scope, isPromised: request.promised)
        do {
            let length = try await withRoom { [self] in
                try await disk.lane.run { [self] in try take(request.state, about) }
            }
            return ImportStateResponse(length: length)
        } catch {
            await disk.forget(request.state)
            throw error
        }
    }

    /// Checks a file that has arrived, and keeps its state in memory. On the disk's lane.
    ///
    /// - Returns: the state's length.
    private func take(_ id: StateID, _ about: KeptEntry.About) throws(AttentionError) -> Int {
        let (file, tokens) = try disk.arrived(id, of: shape.part)
        if let foreign = tokens.first(where: { !(0 ..< vocabularySize).contains(Int($0)) }) {
            throw .refused(id, "it has the token id \(foreign), expected 0 to \(vocabularySize - 1)")
        }
        let state = try emptyState(length: tokens.count)
        try disk.read(file, id, tokens, into: state, shape)
        var about = about
        (about.tokens, about.worth) = (tokens, .milliseconds(file.description.worthMilliseconds))
        let entry = KeptEntry(id: id, about: about, length: state.length, memory: state, lastUse: now)
        try store.withLock { store throws(AttentionError) in try store.adopt(entry) }
        disk.forgetNow(id)
        return state.length
    }
}
