internal import Messages
internal import Synchronization
internal import Tensors

/// Kept states make room for live ones, and for each other.
extension StateKeeper {
    /// Does `work`, again and again as long as it lacks memory and a kept state can make room, or needs a state that is
    /// just being written.
    func withRoom<R: Sendable>(_ work: () async throws -> R) async throws -> R {
        var stuck: Set<StateID> = []
        while true {
            do {
                return try await work()
            } catch AttentionError.moving {
                try await disk.settle()
            } catch let error as AttentionError {
                guard case .memory(let needed, _, let budget) = error, needed <= budget - book.boundBytes,
                    try await makeRoom(&stuck)
                else { throw error }
            }
        }
    }

    /// Takes the least valuable kept state from memory: to disk where that is worth it, else away.
    ///
    /// - Parameter stuck: those that can go nowhere.
    /// - Returns: false where there is none.
    private func makeRoom(_ stuck: inout Set<StateID>) async throws -> Bool {
        let now = now
        guard let entry = store.withLock({ [stuck] in $0.nextToLeaveMemory(at: now, except: stuck) }) else {
            // One that is just being written can leave memory then.
            guard store.withLock({ $0.kept.values.contains(where: \.isMoving) }) else { return false }
            try await disk.settle()
            return true
        }
        if entry.diskBytes == 0, disk.isWorthStoring(entry) {
            do { _ = try await write(entry) } catch is AttentionError where entry.about.isPromised {
                stuck.insert(entry.id)
                return true        // perhaps another one
            } catch is AttentionError {
                // It goes away.
            }
        }
        counts.note(store.withLock { $0.leaveMemory(entry.id) })
        return true
    }

    /// Removes files of other parts, then less valuable ones, until there is room for one more: of these none where
    /// that would not make enough room, or the file could not be written all the same. On the disk's lane, where nobody
    /// can write a state again between its file's last entry in the store and the file's end.
    func makeDiskRoom(for entry: KeptEntry) throws(AttentionError) {
        let bytes = disk.fileBytes(entry), now = now
        var free = disk.roomNow(
            for: bytes, beside: store.withLock { $0.diskBytes } + disk.otherFiles.withLock(\.byteCount))
        while free < bytes, let other = disk.otherFiles.withLock({ $0.removeLeastValuable(at: now) }) {
            disk.removeNow(other.id)
            counts.note(.evicted)
            free += other.diskBytes
        }
        guard free < bytes else { return }
        let diskBytes = try disk.freeBytesNow(for: entry)
        let victims = try store.withLock { store throws(AttentionError) in
            guard let victims = store.toLeaveDisk(for: entry, bytes: bytes, lacking: bytes - free, at: now) else {
                throw .diskFull(entry.id, needed: bytes, free: max(0, free), budget: disk.budgetBytes)
            }
            guard victims.reduce(diskBytes, { $0 + $1.diskBytes }) >= bytes else {
                throw .unwritable(entry.id, "others have filled the disk")
            }
            for victim in victims { counts.note(store.leaveDisk(victim.id)) }
            return victims.map(\.id)
        }
        for victim in victims { disk.removeNow(victim) }
    }
}
