internal import Messages

/// Which kept states go, and what becomes of them.
extension StateStore {
    /// Which kept state leaves memory next: the least valuable one; nil where none would make anything free. One whose
    /// memory live states use as well is used, and stays. Where kept states only share their memory with each other,
    /// one has to go before another makes anything free.
    func nextToLeaveMemory(at now: Duration, except stuck: Set<StateID> = []) -> KeptEntry? {
        func next(_ bytes: (KeptState) -> Int) -> KeptEntry? {
            leastValuable(at: now) { entry in
                guard !entry.isMoving, entry.waitingCount == 0, !stuck.contains(entry.id) else { return 0 }
                return entry.memory.map(bytes) ?? 0
            }
        }
        return next(\.ownByteCount) ?? next(\.unpinnedByteCount)
    }

    /// Which files go, to make room for the file of another state: the least valuable ones, as far as they are worth
    /// less than that state. Promised ones stay, and those that a sequence is about to begin from.
    ///
    /// - Parameters:
    ///   - bytes: of the file.
    ///   - lacking: how many of them there is no room for.
    /// - Returns: nil where all that may go would not be enough.
    func toLeaveDisk(for other: KeptEntry, bytes: Int, lacking: Int, at now: Duration) -> [KeptEntry]? {
        var victims: [KeptEntry] = [], lacking = lacking
        while lacking > 0 {
            let chosen = Set(victims.map(\.id))
            guard let next = nextToLeaveDisk(for: other, bytes: bytes, at: now, except: chosen) else { return nil }
            victims.append(next)
            lacking -= next.diskBytes
        }
        return victims
    }

    /// The first of them.
    func nextToLeaveDisk(
        for other: KeptEntry, bytes: Int, at now: Duration, except chosen: Set<StateID> = []
    ) -> KeptEntry? {
        let entry = leastValuable(at: now) { entry in
            let isUsed = entry.isMoving || entry.waitingCount > 0
            let stays = entry.about.isPromised || isUsed || entry.id == other.id || chosen.contains(entry.id)
            return stays ? 0 : entry.diskBytes
        }
        return entry.flatMap { entry in
            let isLess = entry.value(bytes: entry.diskBytes, at: now) < other.value(bytes: bytes, at: now)
            return isLess || other.about.isPromised ? entry : nil
        }
    }

    /// Which state is written to disk next, while nothing else is to be done: so that it survives, and can leave memory
    /// at once. The most valuable one of those that rest for a while and are worth it.
    func nextToStore(
        at now: Duration, restingFor rest: Duration, worth least: Duration, where isWorthIt: (KeptEntry) -> Bool
    ) -> KeptEntry? {
        kept.values.filter { entry in
            entry.memory != nil && entry.diskBytes == 0 && !entry.isMoving && !entry.about.tokens.isEmpty
                && now - entry.lastUse >= rest && (entry.about.worth >= least || entry.about.isPromised)
                && now >= entry.keepsOffDiskUntil && isWorthIt(entry)
        }.max { ($0.about.isPromised ? 1 : 0, $0.about.worth) < ($1.about.isPromised ? 1 : 0, $1.about.worth) }
    }

    /// - Parameter bytes: what each would make free; 0: it is no candidate.
    private func leastValuable(at now: Duration, _ bytes: (KeptEntry) -> Int) -> KeptEntry? {
        kept.values.compactMap { entry in
            let bytes = bytes(entry)
            return bytes > 0 ? (entry, entry.value(bytes: bytes, at: now)) : nil
        }.min { ($0.1, $0.0.id) < ($1.1, $1.0.id) }?.0
    }
}

/// What became of a kept state that was to make room.
extension StateStore {
    enum Leaving { case movedToDisk, evicted, stayed }

    /// Takes a kept state from memory; one that has no file goes away with that, unless it is promised. It stays while
    /// it is being written, or a sequence is about to begin from it.
    mutating func leaveMemory(_ id: StateID) -> Leaving {
        guard let entry = kept[id], !entry.isMoving, entry.waitingCount == 0 else { return .stayed }
        if entry.diskBytes > 0 {
            update(id) { $0.memory = nil }
            return .movedToDisk
        }
        guard !entry.about.isPromised else { return .stayed }
        _ = drop(id)
        return .evicted
    }

    /// Forgets a kept state's file; a state that is not in memory goes away with it.
    mutating func leaveDisk(_ id: StateID) -> Leaving {
        guard kept[id]?.memory == nil else {
            update(id) { $0.diskBytes = 0 }
            return .stayed
        }
        return drop(id) == nil ? .stayed : .evicted
    }
}
