internal import GRDB

extension SQLiteRecords: ObjectRecords {
    /// Stores a new object.
    package func create(_ object: StoredObject, _ items: [StoredItem], adding: ConversationAddition?) async throws {
        try await write(object.kind.rawValue) { database in
            try ObjectRows.insert(object, items, database)
            try ObjectRows.append(adding, of: object.account, database)
        }
    }

    /// Stores what an object says now.
    package func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>, adding: ConversationAddition?
    ) async throws {
        try await write(object.kind.rawValue) { database in
            let (number, stored) = try ObjectRows.require(object.id, object.kind, object.account, database)
            guard stored.mayChange else { throw RecordsError.unknownObject(object.id) }
            try database.execute(
                sql: "UPDATE objects SET body = ?, is_open = ? WHERE number = ?",
                arguments: [object.body, object.isOpen, number])
            try ObjectRows.drop(dropping, of: number, database)
            try ObjectRows.append(items, to: number, database)
            try ObjectRows.append(adding, of: object.account, database)
        }
    }

    /// The object without its items.
    package func object(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws -> StoredObject? {
        try await read(kind.rawValue) { try ObjectRows.find(id, kind, account, $0)?.object }
    }

    /// All items of some lists.
    package func items(of id: String, of account: String, _ lists: [StoredItem.List]) async throws -> [StoredItem] {
        try await read("object") { database in
            guard let (number, _) = try ObjectRows.find(id, nil, account, database) else { return [] }
            return try ObjectRows.items(of: number, lists, database)
        }
    }

    /// What was said up to the end of a response.
    package func chain(to id: String, of account: String) async throws -> [StoredItem] {
        try await read("response") { database in
            var (links, next) = ([[StoredItem]](), String?.some(id))
            while let id = next {
                guard links.count < chainMax else { throw RecordsError.chainTooLong(id) }
                let (number, object) = try ObjectRows.require(id, .response, account, database)
                links.append(try ObjectRows.items(of: number, [.input, .output], database))
                next = object.parent
            }
            return Array(links.reversed().joined())
        }
    }

    /// Some items of a list.
    package func page(
        _ page: ItemPage.Request, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> ItemPage {
        try await read("object") { database in
            guard let (number, _) = try ObjectRows.find(id, nil, account, database) else {
                return ItemPage(items: [], hasMore: false)
            }
            return try ObjectRows.page(page, of: number, list, database)
        }
    }

    /// The newest item of this id.
    package func item(_ id: String, of account: String) async throws -> StoredItem? {
        try await read("item") { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT items.id, items.list, items.body FROM items
                    JOIN objects ON objects.number = items.object
                    WHERE items.id = ? AND objects.account = ? AND list IN ('input', 'output', 'conversation')
                    ORDER BY items.number DESC LIMIT 1
                    """,
                arguments: [id, account])
            return row.flatMap { row in
                StoredItem.List(rawValue: row["list"]).map { StoredItem(id: id, list: $0, body: row["body"]) }
            }
        }
    }

    /// Forgets an item of a conversation.
    package func deleteItem(_ item: String, of id: String, of account: String) async throws {
        try await write("conversation") { database in
            guard let (number, _) = try ObjectRows.find(id, .conversation, account, database) else {
                throw RecordsError.unknownItem(item)
            }
            try database.execute(
                sql: """
                    DELETE FROM items WHERE number =
                        (SELECT MIN(number) FROM items WHERE object = ? AND list = 'conversation' AND id = ?)
                    """,
                arguments: [number, item])
            guard database.changesCount > 0 else { throw RecordsError.unknownItem(item) }
        }
    }

    /// Forgets an object; its items go with it.
    package func delete(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws {
        try await write(kind.rawValue) { database in
            let number = try ObjectRows.require(id, kind, account, database).number
            try database.execute(sql: "DELETE FROM objects WHERE number = ?", arguments: [number])
        }
    }

    /// Some of the account's objects of a kind.
    package func objects(
        _ kind: StoredObject.Kind, of account: String, _ page: ItemPage.Request
    ) async throws -> ObjectPage {
        try await read(kind.rawValue) { try ObjectRows.page(page, kind, account, $0) }
    }

    /// The objects on which work was not over.
    package func openObjects() async throws -> [StoredObject] {
        try await read("response") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM objects WHERE is_open ORDER BY number").map {
                try ObjectRows.read($0)
            }
        }
    }
}
