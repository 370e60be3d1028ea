internal import Foundation
internal import GRDB

/// A row of the table `sessions`, with the length of its last turn's end.
struct SessionRow: Sendable {
    let number: Int64
    var facts: Session.Facts
}

/// Reading and writing the table `sessions`.
enum SessionRows {
    /// The number of turns and of tokens stand in the last turn, which the key of `turns` finds at once.
    private static let selection = """
        SELECT sessions.*, last.turn AS last_turn, last.position AS last_position FROM sessions
        LEFT JOIN turns AS last ON last.session = number
            AND last.turn = (SELECT MAX(turn) FROM turns WHERE session = number)
        """

    static func find(_ id: SessionID, _ account: String, _ database: Database) throws -> SessionRow? {
        try Row.fetchOne(
            database, sql: "\(selection) WHERE id = ? AND account = ?", arguments: [id.text, account]
        ).map { try read($0) }
    }

    /// - Parameter version: the one that the session must have; nil: any.
    static func require(
        _ id: SessionID, _ account: String, version: Int?, _ database: Database
    ) throws -> SessionRow {
        guard let row = try find(id, account, database) else { throw RecordsError.unknown(id) }
        if let version, row.facts.version != version {
            throw RecordsError.changed(id, expected: version, found: row.facts.version)
        }
        return row
    }

    static func insert(_ session: Session, _ database: Database) throws {
        let facts = session.facts
        guard
            try !Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?)", arguments: [facts.id.text])!
        else { throw RecordsError.taken(facts.id) }
        try database.execute(
            sql: """
                INSERT INTO sessions
                    (id, account, tokenizer, created, last_used, version, metadata, parent, parent_tokens)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                facts.id.text, facts.account, facts.tokenizer, facts.created, facts.lastUsed, facts.version,
                try Metadata.text(facts.metadata), facts.parent?.id.text, facts.parent?.tokens,
            ])
        var empty = facts
        (empty.turns, empty.tokens) = (0, 0)
        try TurnRows.append(
            session.turns, to: SessionRow(number: database.lastInsertedRowID, facts: empty), database)
    }

    /// Notes a change of the session's turns.
    static func touch(_ row: SessionRow, at time: Int, _ database: Database) throws -> Session.Facts {
        try database.execute(
            sql: "UPDATE sessions SET version = version + 1, last_used = MAX(last_used, ?) WHERE number = ?",
            arguments: [time, row.number])
        guard let now = try find(row.facts.id, row.facts.account, database) else {
            throw RecordsError.unknown(row.facts.id)
        }
        return now.facts
    }

    static func page(
        _ page: PageRequest<SessionID>, _ account: String, _ database: Database
    ) throws -> Page<Session.Facts> {
        var (condition, arguments) = ("account = ?", StatementArguments([account]))
        if let after = page.after {
            let number = try require(after, account, version: nil, database).number
            condition += page.newestFirst ? " AND number < ?" : " AND number > ?"
            arguments += [number]
        }
        let order = page.newestFirst ? "DESC" : "ASC"
        let rows = try Row.fetchAll(
            database, sql: "\(selection) WHERE \(condition) ORDER BY number \(order) LIMIT ?",
            arguments: arguments + [page.limit + 1])
        return Page(
            elements: try rows.prefix(page.limit).map { try read($0).facts }, hasMore: rows.count > page.limit)
    }

    private static func read(_ row: Row) throws -> SessionRow {
        guard let id = SessionID(row["id"] as String) else {
            throw RecordsError.damaged("The records have a session of the impossible id \(row["id"] as String).")
        }
        var facts = Session.Facts(
            id: id, account: row["account"], tokenizer: row["tokenizer"], created: row["created"],
            metadata: try Metadata.read(row["metadata"], id),
            parent: (row["parent"] as String?).flatMap { SessionID($0) }.map {
                Session.Parent(id: $0, tokens: row["parent_tokens"] ?? 0)
            })
        facts.lastUsed = row["last_used"]
        facts.version = row["version"]
        facts.turns = (row["last_turn"] as Int?).map { $0 + 1 } ?? 0
        facts.tokens = row["last_position"] ?? 0
        return SessionRow(number: row["number"], facts: facts)
    }
}

/// A client's notes, as a JSON object.
private enum Metadata {
    static func text(_ metadata: [String: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(metadata), as: UTF8.self)
    }

    static func read(_ text: String, _ id: SessionID) throws -> [String: String] {
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        } catch {
            throw RecordsError.damaged("The metadata of session \(id) are no JSON object of strings.")
        }
    }
}
