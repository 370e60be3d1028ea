internal import Foundation
internal import GRDB

/// Reading and writing the table `turns`: one row for each turn, so that a new one costs nothing for those before it.
enum TurnRows {
    /// All turns of the session.
    ///
    /// - Throws: `RecordsError.damaged` where they are not what was written.
    static func all(of session: SessionRow, _ database: Database) throws -> [Session.Turn] {
        var (turns, position) = ([Session.Turn](), 0)
        let rows = try Row.fetchCursor(
            database, sql: "SELECT turn, role, position, tokens FROM turns WHERE session = ? ORDER BY turn",
            arguments: [session.number])
        while let row = try rows.next() {
            guard let tokens = TokenBytes.tokens(row["tokens"] as Data), row["turn"] == turns.count,
                row["position"] == position + tokens.count
            else {
                throw RecordsError.damaged(
                    "Turn \(turns.count) of session \(session.facts.id) is not what was stored, or is missing.")
            }
            position += tokens.count
            turns.append(Session.Turn(role: row["role"], tokens: tokens))
        }
        return turns
    }

    static func append(_ turns: [Session.Turn], to session: SessionRow, _ database: Database) throws {
        var position = session.facts.tokens
        for (index, turn) in turns.enumerated() {
            position += turn.tokens.count
            try database.execute(
                sql: "INSERT INTO turns (session, turn, role, position, tokens) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    session.number, session.facts.turns + index, turn.role, position, TokenBytes.data(turn.tokens),
                ])
        }
    }

    /// Takes away what is behind the first `count` tokens.
    static func cut(_ session: SessionRow, to count: Int, _ database: Database) throws {
        let turns = try all(of: session, database)
        let kept = Session.prefix(turns, tokens: count)
        guard kept != turns else { return }
        // The last one kept may be shorter now.
        let whole = zip(kept, turns).prefix { $0 == $1 }.count
        try database.execute(
            sql: "DELETE FROM turns WHERE session = ? AND turn >= ?", arguments: [session.number, whole])
        var before = session
        before.facts.turns = whole
        before.facts.tokens = kept.prefix(whole).reduce(0) { $0 + $1.tokens.count }
        try append(Array(kept.dropFirst(whole)), to: before, database)
    }
}

/// Token ids as bytes: 32-bit integers, the least significant byte first.
enum TokenBytes {
    static func data(_ tokens: [Int32]) -> Data {
        var data = Data(capacity: 4 * tokens.count)
        for token in tokens {
            let bits = UInt32(bitPattern: token)
            for shift: UInt32 in [0, 8, 16, 24] { data.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        return data
    }

    /// Nil where the bytes do not come out even, or an id is negative.
    static func tokens(_ data: Data) -> [Int32]? {
        guard data.count % 4 == 0 else { return nil }
        let bytes = [UInt8](data)
        var tokens: [Int32] = []
        tokens.reserveCapacity(bytes.count / 4)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let bits =
                UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
            guard let token = Int32(exactly: bits) else { return nil }
            tokens.append(token)
        }
        return tokens
    }
}
