internal import GRDB

/// The tables, and how older ones become the newest. A migration that was released is never changed.
enum RecordsSchema {
    /// - Parameter tokenizer: a digest of the one that sessions of older tables were made with, which did not note it.
    static func migrator(tokenizer: String) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("sessions") { database in
            // Numbers are never used again, so they are the order in which sessions were made.
            try database.execute(
                sql: """
                    CREATE TABLE sessions (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        account TEXT NOT NULL,
                        created INTEGER NOT NULL,
                        last_used INTEGER NOT NULL,
                        version INTEGER NOT NULL,
                        metadata TEXT NOT NULL,
                        parent TEXT,
                        parent_tokens INTEGER
                    ) STRICT;
                    CREATE INDEX sessions_of_account ON sessions (account, number);
                    """)
            // tokens: 32-bit little-endian integers; position: the session's tokens up to the end of this turn.
            try database.execute(
                sql: """
                    CREATE TABLE turns (
                        session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
                        turn INTEGER NOT NULL,
                        role TEXT NOT NULL,
                        position INTEGER NOT NULL,
                        tokens BLOB NOT NULL,
                        PRIMARY KEY (session, turn)
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("tokenizers", foreignKeyChecks: .immediate) { database in
            try database.execute(sql: "ALTER TABLE sessions ADD COLUMN tokenizer TEXT NOT NULL DEFAULT ''")
            try database.execute(sql: "UPDATE sessions SET tokenizer = ?", arguments: [tokenizer])
        }
        migrator.registerMigration("objects") { database in
            // number: the order in which objects were made; is_open: whether work on one goes on.
            try database.execute(
                sql: """
                    CREATE TABLE objects (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        kind TEXT NOT NULL,
                        account TEXT NOT NULL,
                        created INTEGER NOT NULL,
                        parent TEXT,
                        is_open INTEGER NOT NULL,
                        body TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX objects_of_account ON objects (account, kind, number);
                    CREATE INDEX objects_open ON objects (number) WHERE is_open;
                    """)
            // number: the order within a list.
            try database.execute(
                sql: """
                    CREATE TABLE items (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        object INTEGER NOT NULL REFERENCES objects (number) ON DELETE CASCADE,
                        list TEXT NOT NULL,
                        id TEXT NOT NULL,
                        body TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX items_of_object ON items (object, list, number);
                    CREATE INDEX items_of_id ON items (id, number);
                    """)
        }
        migrator.registerMigration("expiry") { database in
            try database.execute(
                sql: """
                    CREATE INDEX objects_by_age ON objects (created) WHERE kind <> 'conversation' AND NOT is_open;
                    """)
        }
        return migrator
    }
}
