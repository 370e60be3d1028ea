internal import Foundation
internal import GRDB

/// Records in a SQLite database: one file, with two beside it while it is open.
///
/// A change that a caller was told of is on the disk: it was written to the log beside the database, and that was
/// synced. Several processes may have one database open; a `RecordsLock` keeps them apart.
package final class SQLiteRecords: Records {
    let pool: DatabasePool
    /// Keeps others away as long as this object lives; nil: nobody is kept away.
    private let lock: RecordsLock?

    /// Opens the database, and makes it where there is none; brings an older one up to date.
    ///
    /// - Parameters:
    ///   - path: of the file; its folder has to be there.
    ///   - tokenizer: a digest of the one that is used now; older databases do not tell which one made their sessions,
    ///     so it is taken for that.
    ///   - lock: of the file, which is then held as long as this object lives.
    /// - Throws: `RecordsError.unavailable` where it cannot be opened or written, `.damaged` where it is none of ours,
    ///   or is damaged.
    package init(path: String, tokenizer: String, lock: RecordsLock? = nil) throws(RecordsError) {
        self.lock = lock
        let migrator = RecordsSchema.migrator(tokenizer: tokenizer)
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration)
            // A commit is answered for once it is on the disk, since power may fail a moment later. The pool has one
            // connection that writes, for which it chose less while it was opened.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try pool.read { try Self.check($0) }
            try migrator.migrate(pool)
        } catch {
            throw RecordsError(error, "The records cannot be opened")
        }
        guard (try? pool.read { try migrator.hasBeenSuperseded($0) }) == false else {
            throw .damaged("The records were written by a newer version of this program, which this one cannot read.")
        }
    }

    /// Larger files are not checked at the start, which would take too long.
    private static let checkedBytesMax = 64 << 20

    /// Looks at every page of a file that is not too large for that: damage in its middle would be noticed only when
    /// somebody asks for what was there.
    private static func check(_ database: Database) throws {
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let pageBytes = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        guard pages * pageBytes <= checkedBytesMax else { return }
        let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "nothing was found"
        guard finding == "ok" else {
            throw RecordsError.damaged(
                "The file of the records is damaged: \(finding). Put a copy in its place, or move it away.")
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "records"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// Stores a new session.
    package func create(_ session: Session) async throws {
        try await write { try SessionRows.insert(session, $0) }
    }

    /// The session with all its turns.
    package func session(_ id: SessionID, of account: String) async throws -> Session? {
        try await read { database in
            try SessionRows.find(id, account, database).map { row in
                Session(facts: row.facts, turns: try TurnRows.all(of: row, database))
            }
        }
    }

    /// Some of the account's sessions.
    package func sessions(of account: String, _ page: PageRequest<SessionID>) async throws -> Page<Session.Facts> {
        try await read { try SessionRows.page(page, account, $0) }
    }

    /// The chain of sessions that this one was forked from.
    package func parents(of id: SessionID, of account: String) async throws -> [Session.Parent] {
        try await read { database in
            var (parents, next) = ([Session.Parent](), try SessionRows.find(id, account, database)?.facts.parent)
            while let parent = next, parents.count < lineageMax {
                parents.append(parent)
                next = try SessionRows.find(parent.id, account, database)?.facts.parent
            }
            return parents
        }
    }

    /// Adds turns at the end; the work does not grow with what is there.
    package func append(
        _ turns: [Session.Turn], to id: SessionID, of account: String, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try await write { database in
            let row = try SessionRows.require(id, account, version: version, database)
            try TurnRows.append(turns, to: row, database)
            return try SessionRows.touch(row, at: time, database)
        }
    }

    /// Keeps the first `count` tokens.
    package func cut(
        _ id: SessionID, of account: String, to count: Int, expecting version: Int, at time: Int
    ) async throws -> Session.Facts {
        try await write { database in
            let row = try SessionRows.require(id, account, version: version, database)
            guard count <= row.facts.tokens else {
                throw RecordsError.beyondEnd(id, asked: count, found: row.facts.tokens)
            }
            try TurnRows.cut(row, to: count, database)
            return try SessionRows.touch(row, at: time, database)
        }
    }

    /// Forgets a session; its turns go with it.
    package func delete(_ id: SessionID, of account: String) async throws {
        try await write { database in
            let row = try SessionRows.require(id, account, version: nil, database)
            try database.execute(sql: "DELETE FROM sessions WHERE number = ?", arguments: [row.number])
        }
    }

    /// - Parameter what: for error messages.
    func read<Value: Sendable>(
        _ what: String = "session", _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do { return try await pool.read(body) } catch { throw Self.told(error, "The \(what) cannot be read") }
    }

    /// - Parameter what: for error messages.
    func write<Value: Sendable>(
        _ what: String = "session", _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do { return try await pool.write(body) } catch { throw Self.told(error, "The \(what) cannot be stored") }
    }

    /// A caller that was cancelled is told so; everything else is ours to explain.
    private static func told(_ error: any Error, _ head: String) -> any Error {
        error is CancellationError ? error : RecordsError(error, head)
    }
}
