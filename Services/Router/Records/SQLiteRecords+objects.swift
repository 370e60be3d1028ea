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
            let head = try ObjectRows.require(object.id, object.kind, object.account, database)
            guard head.mayChange else { throw RecordsError.unknownObject(object.id) }
            try database.execute(
                sql: "UPDATE objects SET body = ?, is_open = ? WHERE number = ?",
                arguments: [object.body, object.isOpen, head.number])
            try ObjectRows.drop(dropping, of: head.number, database)
            try ObjectRows.append(items, to: head.number, database)
            try ObjectRows.append(adding, of: object.account, database)
        }
    }

    /// The object without its items.
    package func object(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws -> StoredObject? {
        try await read(kind.rawValue) { try ObjectRows.object(id, kind, account, $0) }
    }

    /// All items of some lists.
    package func items(
        of id: String, of account: String, _ lists: [StoredItem.List], bytesMax: Int
    ) async throws -> [StoredItem] {
        try await read("object") { database in
            guard let head = try ObjectRows.head(id, account, database) else { return [] }
            var allowance = ByteAllowance(bytesMax)
            return try ObjectRows.items(of: head.number, lists, &allowance, database)
        }
    }

    /// What was said up to the end of a response.
    package func chain(to id: String, of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try await read("response") { database in
            var (links, next, allowance) = ([[StoredItem]](), String?.some(id), ByteAllowance(bytesMax))
            while let id = next {
                guard links.count < chainMax else { throw RecordsError.chainTooLong(id) }
                let head = try ObjectRows.require(id, .response, account, database)
                links.append(try ObjectRows.items(of: head.number, [.input, .output], &allowance, database))
                next = head.parent
            }
            return Array(links.reversed().joined())
        }
    }

    /// Some items of a list.
    package func page(
        _ page: PageRequest<String>, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> Page<StoredItem> {
        try await read("object") { database in
            guard let head = try ObjectRows.head(id, account, database) else { return Page(elements: []) }
            return try ObjectRows.page(page, of: head.number, list, database)
        }
    }

    /// The newest items of these ids.
    package func items(named ids: [String], of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try await read("item") { database in
            var (items, allowance) = ([StoredItem](), ByteAllowance(bytesMax))
            for id in ids {
                guard let item = try ObjectRows.item(id, account, database) else { throw RecordsError.unknownItem(id) }
                try allowance.take(item)
                items.append(item)
            }
            return items
        }
    }

    /// The newest item of this id of a conversation.
    package func item(_ item: String, of id: String, of account: String) async throws -> StoredItem? {
        try await read("item") { database in
            guard let head = try ObjectRows.head(id, account, database) else { return nil }
            return try ObjectRows.item(item, of: head.number, .conversation, database)
        }
    }

    /// Adds items at the end of a conversation.
    package func add(_ addition: ConversationAddition, of account: String) async throws {
        try await write("conversation") { try ObjectRows.append(addition, of: account, $0) }
    }

    /// Forgets an item of a conversation.
    package func deleteItem(_ item: String, of id: String, of account: String) async throws {
        try await write("conversation") { database in
            guard let head = try ObjectRows.head(id, account, database) else { throw RecordsError.unknownItem(item) }
            try database.execute(
                sql: """
                    DELETE FROM items WHERE number =
                        (SELECT MIN(number) FROM items WHERE object = ? AND list = 'conversation' AND id = ?)
                    """,
                arguments: [head.number, item])
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
        _ kind: StoredObject.Kind, of account: String, _ page: PageRequest<String>
    ) async throws -> Page<StoredObject> {
        try await read(kind.rawValue) { try ObjectRows.page(page, kind, account, $0) }
    }

    /// The responses on which work was not over.
    package func openResponses() async throws -> [ObjectName] {
        try await read("response") { database in
            try Row.fetchAll(
                database,
                sql: "SELECT id, account FROM objects WHERE is_open AND kind = 'response' ORDER BY number"
            ).map { ObjectName(id: $0["id"], account: $0["account"]) }
        }
    }

    /// Forgets responses and chat completions that are older; their items go with them.
    package func expire(before moment: Int, countMax: Int) async throws -> Int {
        try await write("response") { database in
            try database.execute(
                sql: """
                    DELETE FROM objects WHERE number IN (
                        SELECT number FROM objects
                        WHERE kind <> 'conversation' AND NOT is_open AND created < ? ORDER BY created LIMIT ?)
                    """,
                arguments: [moment, countMax])
            return database.changesCount
        }
    }
}
