internal import GRDB

/// Reading and writing the tables `objects` and `items`.
enum ObjectRows {
    /// - Parameter kind: nil: any.
    static func find(
        _ id: String, _ kind: StoredObject.Kind?, _ account: String, _ database: Database
    ) throws -> (number: Int64, object: StoredObject)? {
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM objects WHERE id = ? AND account = ?", arguments: [id, account])
        guard let row else { return nil }
        let object = try read(row)
        return kind == nil || object.kind == kind ? (row["number"], object) : nil
    }

    static func require(
        _ id: String, _ kind: StoredObject.Kind, _ account: String, _ database: Database
    ) throws -> (number: Int64, object: StoredObject) {
        guard let found = try find(id, kind, account, database) else { throw RecordsError.unknownObject(id) }
        return found
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
        for item in items {
            try database.execute(
                sql: "INSERT INTO items (object, list, id, body) VALUES (?, ?, ?, ?)",
                arguments: [object, item.list.rawValue, item.id, item.body])
        }
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
        of object: Int64, _ lists: [StoredItem.List], _ database: Database
    ) throws -> [StoredItem] {
        try lists.flatMap { list in
            try Row.fetchAll(
                database, sql: "SELECT id, body FROM items WHERE object = ? AND list = ? ORDER BY number",
                arguments: [object, list.rawValue]
            ).map { StoredItem(id: $0["id"], list: list, body: $0["body"]) }
        }
    }

    static func page(
        _ page: ItemPage.Request, of object: Int64, _ list: StoredItem.List, _ database: Database
    ) throws -> ItemPage {
        var (condition, arguments) = ("object = ? AND list = ?", [object, list.rawValue] as StatementArguments)
        if let after = page.after {
            let order = page.newestFirst ? "DESC" : "ASC"
            let number = try Int64.fetchOne(
                database, sql: "SELECT number FROM items WHERE \(condition) AND id = ? ORDER BY number \(order)",
                arguments: arguments + [after])
            guard let number else { throw RecordsError.unknownItem(after) }
            condition += page.newestFirst ? " AND number < ?" : " AND number > ?"
            arguments += [number]
        }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT id, body FROM items WHERE \(condition) ORDER BY number \(page.newestFirst ? "DESC" : "ASC")
                LIMIT ?
                """,
            arguments: arguments + [page.limit + 1])
        return ItemPage(
            items: rows.prefix(page.limit).map { StoredItem(id: $0["id"], list: list, body: $0["body"]) },
            hasMore: rows.count > page.limit)
    }

    static func page(
        _ page: ItemPage.Request, _ kind: StoredObject.Kind, _ account: String, _ database: Database
    ) throws -> ObjectPage {
        var (condition, arguments) = ("account = ? AND kind = ?", [account, kind.rawValue] as StatementArguments)
        if let after = page.after {
            let number = try require(after, kind, account, database).number
            condition += page.newestFirst ? " AND number < ?" : " AND number > ?"
            arguments += [number]
        }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM objects WHERE \(condition) ORDER BY number \(page.newestFirst ? "DESC" : "ASC") LIMIT ?
                """,
            arguments: arguments + [page.limit + 1])
        return ObjectPage(
            objects: try rows.prefix(page.limit).map { try read($0) }, hasMore: rows.count > page.limit)
    }
}
