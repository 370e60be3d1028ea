import Foundation
import GRDB
import Testing

@testable import Records

@Suite("Records in SQLite") struct SQLiteRecordsTests {
    @Test("what was stored is there when the file is opened again, by a folder's or by its own path")
    func reopened() async throws {
        try await withFolder { folder in
            let stored = session([[1, 2], [3]])
            try await SQLiteRecords(at: folder + "/new/folder").create(stored)
            let again = try SQLiteRecords(at: folder + "/new/folder/records.sqlite")
            #expect(try await again.session(stored.facts.id, of: "a") == stored)
            _ = try SQLiteRecords(at: folder + "/other.db")
            #expect(FileManager.default.fileExists(atPath: folder + "/other.db"))
        }
    }

    @Test("a second process is told which file is locked, until the first one gives it up")
    func lock() async throws {
        try await withFolder { folder in
            let file = try SQLiteRecords.file(folder)
            #expect(file == folder + "/records.sqlite")
            do {
                let lock = try RecordsLock(for: file)
                let error = #expect(throws: RecordsError.self) { try RecordsLock(for: file) }
                #expect(error?.description.contains("\(file).lock") == true, "\(String(describing: error))")
                withExtendedLifetime(lock) {}
            }
            _ = try RecordsLock(for: file)
            #expect(throws: RecordsError.self) { try RecordsLock(for: folder + "/missing/records.sqlite") }
        }
    }

    @Test("commits go to a log beside the database, which is synced each time")
    func durability() async throws {
        try await withFolder { folder in
            let records = try SQLiteRecords(at: folder)
            try await records.create(session())
            let settings = try await records.settings()
            #expect(settings == ["wal", "2", "1"])        // journal, synchronous = FULL, foreign keys
        }
    }

    @Test("what is no database of ours is refused by name, and left as it is")
    func foreignFiles() async throws {
        try await withFolder { folder in
            let path = folder + "/text.sqlite", text = String(repeating: "This is no database.\n", count: 500)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: RecordsError.damaged("The file of the records is no SQLite database.")) {
                try SQLiteRecords(at: path)
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)

            let other = folder + "/other.sqlite"
            try await DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE sessions (id INTEGER)") }
            #expect(throws: RecordsError.self) { try SQLiteRecords(at: other) }

            let newer = folder + "/newer.sqlite"
            _ = try SQLiteRecords(at: newer)
            try await DatabaseQueue(path: newer).write {
                try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('to come')")
            }
            let tooNew = "The records were written by a newer version of this program, which this one cannot read."
            #expect(throws: RecordsError.damaged(tooNew)) { try SQLiteRecords(at: newer) }
        }
    }

    @Test("damage in the middle of the file is found at the start")
    func damagedMiddle() async throws {
        try await withFolder { folder in
            let path = folder + "/records.sqlite"
            let records = try SQLiteRecords(at: folder)
            for index in 0 ..< 20 { try await records.create(session([[Int32](repeating: Int32(index), count: 5000)])) }
            try records.pool.close()
            _ = try SQLiteRecords(at: folder)        // whole, it is opened
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: file.seekToEnd() / 8192 * 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
            try file.close()
            let error = #expect(throws: RecordsError.self) { try SQLiteRecords(at: folder) }
            guard case .damaged(let sentence)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(sentence.hasPrefix("The file of the records is damaged"))
        }
    }

    @Test("sessions of older databases take the tokenizer of the first start, and keep it")
    func olderTables() async throws {
        try await withFolder { folder in
            let path = folder + "/records.sqlite", stored = session([[1, 2], [3]])
            try await SQLiteRecords(at: path, tokenizer: "any").create(stored)
            try await DatabaseQueue(path: path).write { database in
                try database.execute(sql: "ALTER TABLE sessions DROP COLUMN tokenizer")
                try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'tokenizers'")
            }
            let id = stored.facts.id
            #expect(try await SQLiteRecords(at: path, tokenizer: "demo").session(id, of: "a") == stored)
            let later = try SQLiteRecords(at: path, tokenizer: "other")
            #expect(try await later.session(id, of: "a")?.facts.tokenizer == "demo")
        }
    }

    @Test("a folder that cannot be made, and a file that is a folder, are refused by name")
    func places() async throws {
        try await withFolder { folder in
            try "x".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
            #expect(throws: RecordsError.self) { try SQLiteRecords(at: folder + "/file/below") }
            #expect(throws: RecordsError.self) { try SQLiteRecords(path: folder, tokenizer: "demo") }
        }
    }

    @Test(
        "turns that were altered in the file are told, and never taken for tokens",
        arguments: [
            "UPDATE turns SET tokens = x'010203' WHERE turn = 1",
            "UPDATE turns SET tokens = x'FFFFFFFF' WHERE turn = 1",
            "UPDATE turns SET position = 3 WHERE turn = 1", "DELETE FROM turns WHERE turn = 0",
            "UPDATE turns SET turn = 7 WHERE turn = 1",
        ])
    func altered(_ change: String) async throws {
        try await withFolder { folder in
            let stored = session([[1, 2], [3, 4]])
            let records = try SQLiteRecords(at: folder)
            try await records.create(stored)
            try await DatabaseQueue(path: folder + "/records.sqlite").write { try $0.execute(sql: change) }
            guard
                case .damaged(let sentence)? = await recordsError({
                    try await records.session(stored.facts.id, of: "a")
                })
            else {
                Issue.record("it was read")
                return
            }
            #expect(sentence.contains(stored.facts.id.text))
        }
    }

    @Test("a full disk is told, nothing is lost, and with room again it goes on")
    func fullDisk() async throws {
        try await withFolder { folder in
            let records = try SQLiteRecords(at: folder), start = session([[1, 2]]), id = start.facts.id
            try await records.create(start)
            try await records.limit(pages: 1)        // SQLite then says what it says of a full disk
            let long = [Session.Turn(role: "user", tokens: [Int32](repeating: 5, count: 100_000))]
            let full = RecordsError.unavailable("The session cannot be stored: the disk is full.")
            #expect(
                await recordsError { try await records.append(long, to: id, of: "a", expecting: 0, at: 0) } == full)
            #expect(await recordsError { try await records.create(session([long[0].tokens])) } == full)
            #expect(try await records.session(id, of: "a") == start)
            try await records.limit(pages: 1 << 20)
            #expect(try await records.append(long, to: id, of: "a", expecting: 0, at: 0).tokens == 100_002)
        }
    }

    @Test("a medium that became read-only is told, and can still be read")
    func readOnly() async throws {
        try await withFolder { folder in
            let records = try SQLiteRecords(at: folder), start = session([[1, 2]]), id = start.facts.id
            try await records.create(start)
            try await records.makeReadOnly(true)
            #expect(
                await recordsError { try await records.delete(id, of: "a") }
                    == .unavailable("The session cannot be stored: the disk, or the file, can only be read."))
            #expect(try await records.session(id, of: "a") == start)
            try await records.makeReadOnly(false)
            try await records.delete(id, of: "a")
            #expect(try await records.session(id, of: "a") == nil)
        }
    }

    @Test("turns go with their session, and a number is never used again")
    func deletion() async throws {
        try await withFolder { folder in
            let records = try SQLiteRecords(at: folder), first = session([[1], [2]])
            try await records.create(first)
            try await records.delete(first.facts.id, of: "a")
            try await records.create(session())
            let counts = try await DatabaseQueue(path: folder + "/records.sqlite").read { database in
                [
                    try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM turns"),
                    try Int.fetchOne(database, sql: "SELECT MAX(number) FROM sessions"),
                ]
            }
            #expect(counts == [0, 2])
        }
    }
}

extension SQLiteRecords {
    /// Of the connection that writes: the journal's mode, how it is synced, and whether foreign keys are checked.
    fileprivate func settings() async throws -> [String?] {
        try await pool.write { database in
            try ["journal_mode", "synchronous", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
    }

    /// Lets the file grow to so many pages, but not shrink.
    fileprivate func limit(pages: Int) async throws {
        try await pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    /// Has SQLite refuse changes as it does on a read-only medium.
    fileprivate func makeReadOnly(_ isReadOnly: Bool) async throws {
        try await pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = \(isReadOnly ? 1 : 0)") }
    }
}
