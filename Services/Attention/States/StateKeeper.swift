internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors

/// All states of the part of attention that the service computes, live and kept, in memory and on disk: answers the
/// calls that name sequences and states.
///
/// Live states are changed on the attention lane only, between two layers' work, so that a layer needs no lock.
final class StateKeeper: Sendable {
    let store: Mutex<StateStore>
    let lane: ComputeLane
    /// Where states are written to and read from.
    let disk: StateDisk
    let book: MemoryBook
    let counts = KeeperCounts()
    let rest = CallRest()
    let routers: Routers
    private let config: ModelConfig
    let shape: StateShape

    init(
        _ config: ModelConfig, _ part: AttentionPart = .whole, keyValues: FloatFormat, budgetBytes: Int,
        disk: StateDisk, lane: ComputeLane, routers: Routers
    ) {
        shape = StateShape(config, part, keyValues: keyValues)
        let store = StateStore(shape, budgetBytes: budgetBytes)
        (self.config, self.lane, self.disk, self.routers, book) = (config, lane, disk, routers, store.book)
        self.store = Mutex(store)
    }

    var now: Duration { routers.now }
    var vocabularySize: Int { config.vocabularySize }

    /// A router has shown that it lives.
    func heard(_ router: UInt64) { routers.heard(router) }

    private func key(_ router: UInt64, _ id: SequenceID) -> SequenceKey {
        heard(router)
        return SequenceKey(router: router, id: id)
    }

    // MARK: sequences

    func open(_ request: OpenSequenceRequest) async throws -> OpenSequenceResponse {
        let key = key(request.router, request.sequence)
        try routers.requireKnowledge(of: request.router)
        guard request.state != .none else {
            return OpenSequenceResponse(
                grantedBytes: try await withRoom { [self] in
                    try await changeLive { store throws(AttentionError) in
                        try store.open(key, tokensMax: request.tokensMax)
                    }
                })
        }
        let origin = StateOrigin(
            state: request.state, owner: request.owner, length: request.length, consumes: request.consumes)
        return OpenSequenceResponse(grantedBytes: try await open(key, tokensMax: request.tokensMax, from: origin))
    }

    /// - Returns: the bytes granted.
    private func open(_ key: SequenceKey, tokensMax: Int, from origin: StateOrigin) async throws -> Int {
        // It is about to be used, so it is not what makes room.
        try store.withLock { store throws(AttentionError) in
            _ = try store.entry(origin.state, of: origin.owner)
            store.update(origin.state) { $0.waitingCount += 1 }
        }
        defer { store.withLock { $0.update(origin.state) { $0.waitingCount -= 1 } } }
        let granted = try await withRoom { [self] in
            try await load(origin.state, of: origin.owner)
            return try await changeLive { [now] store throws(AttentionError) in
                try store.open(key, tokensMax: tokensMax, from: origin, at: now)
            }
        }
        if origin.consumes { await disk.remove(origin.state) }
        return granted
    }

    func grow(_ request: GrowSequenceRequest) async throws -> GrowSequenceResponse {
        let key = key(request.router, request.sequence)
        return GrowSequenceResponse(
            grantedBytes: try await withRoom { [self] in
                try await changeLive { store throws(AttentionError) in
                    try store.grow(key, tokensMax: request.tokensMax)
                }
            })
    }

    func close(_ request: CloseSequencesRequest) async throws -> CloseSequencesResponse {
        let router = request.router
        heard(router)
        let closed = try await changeLive { store throws(AttentionError) in
            if request.all { return store.closeAll(of: router) }
            return request.sequences.count { store.close(SequenceKey(router: router, id: $0)) }
        }
        return CloseSequencesResponse(closed: closed)
    }

    /// Where live states are changed: on the attention lane, when no layer works on them.
    func changeLive<R: Sendable>(
        _ change: @escaping @Sendable (inout StateStore) throws(AttentionError) -> R
    ) async throws -> R {
        try await lane.run { [self] in try store.withLock { store throws(AttentionError) in try change(&store) } }
    }

    // MARK: kept states

    func keep(_ request: KeepStateRequest) async throws -> KeepStateResponse {
        let key = SequenceKey(router: request.router, id: request.sequence)
        routers.heard(request.router, of: request.owner)
        let about = KeptEntry.About(
            owner: request.owner, router: request.router, scope: request.scope, tokens: request.tokens,
            isPromised: request.promised, worth: .milliseconds(request.worthMilliseconds))
        let keep = { @Sendable [self] in
            try await changeLive { [now] store throws(AttentionError) in
                try store.keep(key, as: request.state, about, closes: request.closes, at: now)
            }
        }
        // What ends needs no memory, so it is not tried again: there would be no sequence any more.
        let state = request.closes ? try await keep() : try await withRoom(keep)
        return KeepStateResponse(length: state.length, bytes: state.byteCount)
    }

    func drop(_ request: DropStatesRequest) async -> DropStatesResponse {
        heard(request.router)
        var dropped = 0
        for id in request.states {
            let entry = store.withLock { store in
                (try? store.entry(id, of: request.owner)).flatMap { store.drop($0.id) }
            }
            guard let entry else { continue }
            dropped += 1
            if entry.diskBytes > 0 { await disk.remove(id) }
        }
        return DropStatesResponse(dropped: dropped)
    }

    func list(_ request: ListStatesRequest) -> ListStatesResponse {
        routers.heard(request.router, of: request.owner)
        let now = now
        return store.withLock { store in
            ListStatesResponse(
                states: store.entries(of: request.owner, for: request.router).map { KeptStateInfo($0, at: now) },
                sharedBytes: book.sharedBytes, usedBytes: book.usedBytes)
        }
    }

    func describe(_ request: DescribeStateRequest) throws -> KeptStateDescription {
        heard(request.router)
        let about = try store.withLock { store throws(AttentionError) in
            try store.entry(request.state, of: request.owner)
        }.about
        return KeptStateDescription(
            scope: about.scope, worthMilliseconds: about.worth.wholeMilliseconds, tokens: about.tokens)
    }

    // MARK: life

    /// To be called every second: closes the sequences of routers that have not been heard of for too long, and drops
    /// what only they would ask for.
    ///
    /// - Returns: how many sequences were closed.
    func closeSilent(at now: Duration) async throws -> Int {
        let silent = routers.expired(at: now)
        guard !silent.isEmpty else { return 0 }
        let orphans = store.withLock { store in
            store.keptOnly(for: silent).compactMap { store.drop($0) }.filter { $0.diskBytes > 0 }.map(\.id)
        }
        for id in orphans { await disk.remove(id) }
        return try await changeLive { store throws(AttentionError) in
            silent.reduce(0) { $0 + store.closeAll(of: $1) }
        }
    }

    /// To be called every second: drops kept states whose owner's routers have not been heard of for too long.
    ///
    /// - Returns: how many were dropped.
    func dropOrphans(at now: Duration) async -> Int {
        let owners = store.withLock(\.owners).union(disk.otherFiles.withLock(\.owners))
        let orphaning = routers.orphaning(owners, at: now)
        guard !orphaning.isEmpty else { return 0 }
        let orphans = store.withLock { store in
            store.kept.values.filter { orphaning.contains($0.about.owner) && $0.waitingCount == 0 && !$0.isMoving }
                .compactMap { store.drop($0.id) }
        }
        let others = disk.otherFiles.withLock { $0.remove(of: orphaning) }
        for entry in orphans + others where entry.diskBytes > 0 { await disk.remove(entry.id) }
        return orphans.count + others.count
    }

    /// The states of another part, of which there are none yet; `end` must come before their first use.
    func next(_ part: AttentionPart) -> StateKeeper {
        StateKeeper(
            config, part, keyValues: shape.softmax.format, budgetBytes: store.withLock(\.budgetBytes), disk: disk,
            lane: lane, routers: routers)
    }

    /// The service changes to another part: all sequences are closed, and what is kept is on disk only, if it is there.
    /// Calls that are under way find nothing any more, and begin nothing.
    ///
    /// - Returns: those whose files nobody will ask for again.
    func end() -> [StateID] {
        let onDisk = store.withLock { $0.end() }.filter { $0.diskBytes > 0 }
        disk.otherFiles.withLock { $0.add(onDisk.filter { !$0.about.tokens.isEmpty }, of: shape.part) }
        return onDisk.filter(\.about.tokens.isEmpty).map(\.id)
    }
}

extension KeptStateInfo {
    init(_ entry: KeptEntry, at now: Duration) {
        self.init(
            state: entry.id, length: entry.length, bytes: entry.memory?.byteCount ?? 0,
            ownBytes: entry.memory?.ownByteCount ?? 0, diskBytes: entry.diskBytes, promised: entry.about.isPromised,
            idleMilliseconds: max(0, Int((now - entry.lastUse) / .milliseconds(1))))
    }
}
