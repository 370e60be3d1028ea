internal import Synchronization

/// Records that end with the process.
package final class MemoryRecords: Records {
    private struct Shelf {
        var sessions: [SessionID: Session] = [:]
        /// In the order in which they were made.
        var order: [SessionID] = []
        var bytes = 0
        var bytesByAccount: [String: Int] = [:]
    }

    private let shelf = Mutex(Shelf())
    let objects: Mutex<MemoryObjects>
    private let bytesMax: Int
    private let accountBytesMax: Int

    /// - Parameters:
    ///   - bytesMax: most bytes of all sessions together; beyond them nothing is added. So many again may all
    ///     responses and conversations have together; beyond them the oldest responses of whoever has most go.
    ///   - accountsMax: how many accounts there can be. Of several, each may have a quarter of the sessions' bytes at
    ///     least, and not more where there are four or more.
    package init(bytesMax: Int = 256 << 20, accountsMax: Int = 1) {
        self.bytesMax = bytesMax
        accountBytesMax = bytesMax / min(4, max(1, accountsMax))
        objects = Mutex(MemoryObjects(bytesMax: bytesMax))
    }

    /// Keeps a new session.
    package func create(_ session: Session) async throws {
        try shelf.withLock { shelf in
            let id = session.facts.id
            guard shelf.sessions[id] == nil else { throw RecordsError.taken(id) }
            try put(session, instead: nil, in: &shelf)
            shelf.order.append(id)
        }
    }

    /// The session with all its turns.
    package func session(_ id: SessionID, of account: String) async throws -> Session? {
        shelf.withLock { Self.find(id, account, $0) }
    }

    /// Some of the account's sessions.
    package func sessions(of account: String, _ page: PageRequest<SessionID>) async throws -> Page<Session.Facts> {
        try shelf.withLock { shelf in
            var ids = shelf.order.filter { Self.find($0, account, shelf) != nil }
            if page.newestFirst { ids.reverse() }
            if let after = page.after {
                guard let index = ids.firstIndex(of: after) else { throw RecordsError.unknown(after) }
                ids.removeFirst(index + 1)
            }
            return Page(
                elements: ids.prefix(page.limit).compactMap { shelf.sessions[$0]?.facts },
                hasMore: ids.count > page.limit)
        }
    }

    /// The chain of sessions that this one was forked from.
    package func parents(of id: SessionID, of account: String) async throws -> [Session.Parent] {
        shelf.withLock { shelf in
            var (parents, next) = ([Session.Parent](), Self.find(id, account, shelf)?.facts.parent)
            while let parent = next, parents.count < lineageMax {
                parents.append(parent)
                next = Self.find(parent.id, account, shelf)?.facts.parent
            }
            return parents
        }
    }

    /// Adds turns at the end.
    package func append(
        _ turns: [Session.Turn], to id: SessionID, of account: String, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try change(id, account, version) { $0.append(turns, at: time) }
    }

    /// Keeps the first `count` tokens.
    package func cut(
        _ id: SessionID, of account: String, to count: Int, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try change(id, account, version) { session in
            guard count <= session.facts.tokens else {
                throw RecordsError.beyondEnd(id, asked: count, found: session.facts.tokens)
            }
            session.cut(to: count, at: time)
        }
    }

    /// Forgets a session.
    package func delete(_ id: SessionID, of account: String) async throws {
        try shelf.withLock { shelf in
            guard let session = Self.find(id, account, shelf) else { throw RecordsError.unknown(id) }
            shelf.bytes -= Self.bytes(of: session)
            shelf.bytesByAccount[account, default: 0] -= Self.bytes(of: session)
            shelf.sessions[id] = nil
            shelf.order.removeAll { $0 == id }
        }
    }

    private func change(
        _ id: SessionID, _ account: String, _ version: Int, _ body: (inout Session) throws -> Void
    ) throws -> Session.Facts {
        try shelf.withLock { shelf in
            guard let old = Self.find(id, account, shelf) else { throw RecordsError.unknown(id) }
            guard old.facts.version == version else {
                throw RecordsError.changed(id, expected: version, found: old.facts.version)
            }
            var session = old
            try body(&session)
            try put(session, instead: old, in: &shelf)
            return session.facts
        }
    }

    private func put(_ session: Session, instead old: Session?, in shelf: inout Shelf) throws {
        let before = old.map { Self.bytes(of: $0) } ?? 0, after = Self.bytes(of: session)
        let account = session.facts.account, owned = shelf.bytesByAccount[account, default: 0] - before + after
        guard after <= before || (owned <= accountBytesMax && shelf.bytes - before + after <= bytesMax) else {
            let isOwn = owned > accountBytesMax && accountBytesMax < bytesMax
            throw RecordsError.unavailable(
                """
                The session cannot be stored: all \(isOwn ? "your " : "")sessions together would have more than the \
                \(isOwn ? accountBytesMax : bytesMax) bytes that are kept in memory. Delete some; the operator can \
                store them on disk (--records).
                """)
        }
        shelf.bytes += after - before
        shelf.bytesByAccount[account] = owned
        shelf.sessions[session.facts.id] = session
    }

    private static func find(_ id: SessionID, _ account: String, _ shelf: Shelf) -> Session? {
        guard let session = shelf.sessions[id], session.facts.account == account else { return nil }
        return session
    }

    /// Some for the facts, some for each turn, and the tokens.
    private static func bytes(of session: Session) -> Int {
        let metadata = session.facts.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return 512 + metadata + 64 * session.facts.turns + 4 * session.facts.tokens
    }
}
