internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors

/// Kept states are written to disk, and come back.
extension StateKeeper {
    // MARK: to disk

    func store(_ request: StoreStateRequest) async throws -> StoreStateResponse {
        heard(request.router)
        let entry = try store.withLock { store throws(AttentionError) in
            try store.entry(request.state, of: request.owner)
        }
        let bytes = entry.diskBytes > 0 ? entry.diskBytes : try await write(entry)
        if request.leavesMemory { counts.note(store.withLock { $0.leaveMemory(entry.id) }) }
        return StoreStateResponse(diskBytes: bytes)
    }

    /// - Returns: the bytes of its file.
    func write(_ entry: KeptEntry) async throws -> Int {
        // The job must not hold the state's memory, which it would keep a moment longer than this call takes.
        try await disk.lane.run { [self, id = entry.id, owner = entry.about.owner] in
            try writeNow(id, of: owner)
        }
    }

    /// On the disk's lane.
    private func writeNow(_ id: StateID, of owner: String) throws(AttentionError) -> Int {
        let entry = try store.withLock { store throws(AttentionError) in
            let entry = try store.entry(id, of: owner)
            if entry.diskBytes == 0, entry.memory != nil { store.update(id) { $0.isMoving = true } }
            return entry
        }
        guard entry.diskBytes == 0, let memory = entry.memory else { return entry.diskBytes }
        let result = Result { () throws(AttentionError) in
            try makeDiskRoom(for: entry)
            let bytes = try disk.write(entry, memory, shape)
            disk.otherFiles.withLock { $0.forget(id) }
            return bytes
        }
        let isThere = store.withLock { store in
            store.update(id) { $0.isMoving = false }
            if case .success(let bytes) = result { store.update(id) { $0.diskBytes = bytes } }
            return store.kept[id] != nil
        }
        if !isThere { disk.removeNow(id) }
        return try result.get()
    }

    /// To be called now and then: writes one state to disk that has rested for a while and is worth it.
    ///
    /// - Parameter rest: for how long it must not have been used.
    /// - Returns: whether there was one.
    /// - Throws: where it cannot be written; for a while others come before it then.
    func storeOneResting(for rest: Duration = .seconds(1)) async throws -> Bool {
        let now = now
        let entry = store.withLock { store in
            store.nextToStore(
                at: now, restingFor: rest, worth: .milliseconds(500), where: disk.isWorthStoring)
        }
        guard let entry else { return false }
        do { _ = try await write(entry) } catch AttentionError.unknownState {
            // It went away meanwhile.
        } catch {
            store.withLock { $0.update(entry.id) { $0.keepsOffDiskUntil = now + Self.diskPause } }
            throw error
        }
        return true
    }

    private static let diskPause = Duration.seconds(30)

    /// To be called every second: what was freed goes back to the system; what calls have used beside states, once
    /// there are no calls for a while.
    func giveMemoryBack() async throws {
        try await disk.lane.run { [book, rest, counts] in
            book.arena.coolDown()
            if rest.begins(calls: counts.calls.load(ordering: .relaxed)) { releaseFreedMemory() }
        }
    }

    // MARK: from disk

    /// States that lie on disk since before the service started, or since it last computed this part.
    func adopt(_ entries: [KeptEntry]) throws(AttentionError) {
        try store.withLock { store throws(AttentionError) in for entry in entries { try store.adopt(entry) } }
    }

    /// Brings a state into memory, if it is not there.
    func load(_ id: StateID, of owner: String) async throws {
        guard try store.withLock({ store throws(AttentionError) in try store.entry(id, of: owner) }).memory == nil
        else {
            return
        }
        do {
            try await disk.lane.run { [self] in try loadNow(id, of: owner) }
        } catch let error as AttentionError {
            if case .damaged(_, let why) = error { await loseFile(id, because: why) }
            throw error
        }
    }

    /// A state's file is damaged or gone: the state goes away with it, unless it is in memory.
    func loseFile(_ id: StateID, because why: String) async {
        await disk.finish { [self] in
            _ = store.withLock { $0.leaveDisk(id) }
            disk.setAsideNow(id, because: why)
        }
    }

    /// On the disk's lane.
    private func loadNow(_ id: StateID, of owner: String) throws(AttentionError) {
        let entry = try store.withLock { store throws(AttentionError) in try store.entry(id, of: owner) }
        guard entry.memory == nil else { return }
        let state = try emptyState(length: entry.length)
        try disk.read(entry, into: state, shape)
        store.withLock { $0.update(id) { $0.memory = state } }
        counts.loaded.add(1, ordering: .relaxed)
    }

    /// Memory for a state of this length, to be filled from a file.
    func emptyState(length: Int) throws(AttentionError) -> KeptState {
        let bytes = shape.size.bytes(tokens: length)
        try store.withLock { store throws(AttentionError) in
            try store.requireMemory(bytes)
            book.reserve(bytes)
        }
        let state = KeptState.empty(shape, length: length, book)
        // Under the lock: who holds it may compare what is bound before and after a change.
        store.withLock { _ in book.reserve(-bytes) }
        return state
    }
}
