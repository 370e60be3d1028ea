internal import GRDB

/// Reading and writing the tables `objects` and `items`.
enum ObjectRows {
    /// What is known of an object apart from its text, which may be large.
    struct Head {
        let number: Int64
        let kind: String
        let parent: String?
        let isOpen: Bool

        /// A response is made once.
        var mayChange: Bool { kind != StoredObject.Kind.response.rawValue || isOpen }
    }

    static func object(
        _ id: String, _ kind: StoredObject.Kind, _ account: String, _ database: Database
    ) throws -> StoredObject? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM objects WHERE id = ? AND account = ? AND kind = ?",
            arguments: [id, account, kind.rawValue]
        ).map { try read($0) }
    }

    static func head(_ id: String, _ account: String, _ database: Database) throws -> Head? {
        let statement = try database.cachedStatement(
            sql: "SELECT number, kind, parent, is_open FROM objects WHERE id = ? AND account = ?")
        return try Row.fetchOne(statement, arguments: [id, account]).map { row in
            Head(number: row["number"], kind: row["kind"], parent: row["parent"], isOpen: row["is_open"])
        }
    }

    static func require(
        _ id: String, _ kind: StoredObject.Kind, _ account: String, _ database: Database
    ) throws -> Head {
        guard let head = try head(id, account, database), head.kind == kind.rawValue else {
            throw RecordsError.unknownObject(id)
        }
        return head
    }

    static func read(_ row: Row) throws -> StoredObject {
        let id = row["id"] as String
        guard let kind = StoredObject.Kind(rawValue: row["kind"]) else {
            throw RecordsError.damaged("The object \(id) of the records is of an unknown kind.")
        }
        return StoredObject(
            id: id, kind: kind, account: row["account"], created: row["created"], parent: row["parent"],
            isOpen: row["is_open"], body: row["body"])
    }

    static func insert(_ object: StoredObject, _ items: [StoredItem], _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO objects (id, kind, account, created, parent, is_open, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                object.id, object.kind.rawValue, object.account, object.created, object.parent, object.isOpen,
                object.body,
            ])
        try append(items, to: database.lastInsertedRowID, database)
    }

    static func append(_ items: [StoredItem], to object: Int64, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO items (object, list, id, body) VALUES (?, ?, ?, ?)")
        for item in items { try statement.execute(arguments: [object, item.list.rawValue, item.id, item.body]) }
    }

    static func append(_ addition: ConversationAddition?, of account: String, _ database: Database) throws {
        guard let addition else { return }
        try append(
            addition.items, to: try require(addition.id, .conversation, account, database).number, database)
    }

    static func drop(_ lists: Set<StoredItem.List>, of object: Int64, _ database: Database) throws {
        for list in lists {
            try database.execute(
                sql: "DELETE FROM items WHERE object = ? AND list = ?", arguments: [object, list.rawValue])
        }
    }

    /// The items of some lists, list by list.
    static func items(
        of object: Int64, _ lists: [StoredItem.List], _ allowance: inout ByteAllowance, _ database: Database
    ) throws -> [StoredItem] {
        var items: [StoredItem] = []
        let statement = try database.cachedStatement(
            sql: "SELECT id, body FROM items WHERE object = ? AND list = ? ORDER BY number")
        for list in lists {
            let rows = try Row.fetchCursor(statement, arguments: [object, list.rawValue])
            while let row = try rows.next() {
                let item = StoredItem(id: row["id"], list: list, body: row["body"])
                try allowance.take(item)
                items.append(item)
            }
        }
        return items
    }

    /// The newest item of an id that clients can name.
    static func item(_ id: String, _ account: String, _ database: Database) throws -> StoredItem? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT items.list, items.body FROM items JOIN objects ON objects.number = items.object
                WHERE items.id = ? AND objects.account = ? AND list IN ('input', 'output', 'conversation')
                ORDER BY items.number DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [id, account]).flatMap { row in
            StoredItem.List(rawValue: row["list"]).map { StoredItem(id: id, list: $0, body: row["body"]) }
        }
    }

    /// The newest item of an id in a list.
    static func item(
        _ id: String, of object: Int64, _ list: StoredItem.List, _ database: Database
    ) throws -> StoredItem? {
        try Row.fetchOne(
            database,
            sql: "SELECT body FROM items WHERE id = ? AND object = ? AND list = ? ORDER BY number DESC LIMIT 1",
            arguments: [id, object, list.rawValue]
        ).map { StoredItem(id: id, list: list, body: $0["body"]) }
    }

    static func page(
        _ page: PageRequest<String>, of object: Int64, _ list: StoredItem.List, _ database: Database
    ) throws -> Page<StoredItem> {
        var (condition, arguments) = ("object = ? AND list = ?", [object, list.rawValue] as StatementArguments)
        if let after = page.after {
            let number = try Int64.fetchOne(
                database,
                sql: "SELECT number FROM items WHERE \(condition) AND id = ? ORDER BY number \(order(page)) LIMIT 1",
                arguments: arguments + [after])
            guard let number else { throw RecordsError.unknownItem(after) }
            condition += page.newestFirst ? " AND number < ?" : " AND number > ?"
            arguments += [number]
        }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, body FROM items WHERE \(condition) ORDER BY number \(order(page))",
            arguments: arguments)
        return try filled(page, rows) { row in
            let item = StoredItem(id: row["id"], list: list, body: row["body"])
            return (item, item.body.utf8.count)
        }
    }

    static func page(
        _ page: PageRequest<String>, _ kind: StoredObject.Kind, _ account: String, _ database: Database
    ) throws -> Page<StoredObject> {
        var (condition, arguments) = ("account = ? AND kind = ?", [account, kind.rawValue] as StatementArguments)
        if let after = page.after {
            let number = try require(after, kind, account, database).number
            condition += page.newestFirst ? " AND number < ?" : " AND number > ?"
            arguments += [number]
        }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT * FROM objects WHERE \(condition) ORDER BY number \(order(page))",
            arguments: arguments)
        return try filled(page, rows) { row in
            let object = try read(row)
            return (object, object.body.utf8.count)
        }
    }

    private static func order(_ page: PageRequest<String>) -> String { page.newestFirst ? "DESC" : "ASC" }

    /// Reads as many rows as the page has room for.
    private static func filled<Element: Sendable>(
        _ page: PageRequest<String>, _ rows: RowCursor, _ read: (Row) throws -> (Element, bytes: Int)
    ) throws -> Page<Element> {
        var filler = PageFiller<Element>(page)
        while let row = try rows.next() {
            let (element, bytes) = try read(row)
            guard filler.add(element, bytes: bytes) else { break }
        }
        return filler.page
    }
}
