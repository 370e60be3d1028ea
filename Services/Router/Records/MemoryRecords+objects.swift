internal import Synchronization

extension MemoryRecords: ObjectRecords {
    /// Keeps a new object.
    package func create(_ object: StoredObject, _ items: [StoredItem], adding: ConversationAddition?) async throws {
        try objects.withLock { try $0.create(object, items, adding) }
    }

    /// Keeps what an object says now.
    package func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>, adding: ConversationAddition?
    ) async throws {
        try objects.withLock { try $0.update(object, items, dropping: dropping, adding) }
    }

    /// The object without its items.
    package func object(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws -> StoredObject? {
        objects.withLock { $0.entry(id, kind, account)?.object }
    }

    /// All items of some lists.
    package func items(of id: String, of account: String, _ lists: [StoredItem.List]) async throws -> [StoredItem] {
        objects.withLock { $0.entry(id, account)?.items(lists) ?? [] }
    }

    /// What was said up to the end of a response.
    package func chain(to id: String, of account: String) async throws -> [StoredItem] {
        try objects.withLock { objects in
            var (links, next) = ([[StoredItem]](), String?.some(id))
            while let id = next {
                guard links.count < chainMax else { throw RecordsError.chainTooLong(id) }
                guard let entry = objects.entry(id, .response, account) else { throw RecordsError.unknownObject(id) }
                links.append(entry.items([.input, .output]))
                next = entry.object.parent
            }
            return Array(links.reversed().joined())
        }
    }

    /// Some items of a list.
    package func page(
        _ page: ItemPage.Request, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> ItemPage {
        try objects.withLock { try $0.entry(id, account)?.page(page, list) } ?? ItemPage(items: [], hasMore: false)
    }

    /// The newest item of this id.
    package func item(_ id: String, of account: String) async throws -> StoredItem? {
        objects.withLock { objects in
            var (newest, found) = (0, StoredItem?.none)
            for entry in objects.entries.values where entry.object.account == account && entry.number > newest {
                guard let item = entry.items([.input, .output, .conversation]).last(where: { $0.id == id }) else {
                    continue
                }
                (newest, found) = (entry.number, item)
            }
            return found
        }
    }

    /// Forgets an item of a conversation.
    package func deleteItem(_ item: String, of id: String, of account: String) async throws {
        try objects.withLock { try $0.deleteItem(item, of: id, account) }
    }

    /// Forgets an object.
    package func delete(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws {
        try objects.withLock { try $0.delete(id, kind, account) }
    }

    /// Some of the account's objects of a kind.
    package func objects(
        _ kind: StoredObject.Kind, of account: String, _ page: ItemPage.Request
    ) async throws -> ObjectPage {
        try objects.withLock { objects in
            var found = objects.entries.values.filter { $0.object.kind == kind && $0.object.account == account }
                .sorted { $0.number < $1.number }.map(\.object)
            if page.newestFirst { found.reverse() }
            if let after = page.after {
                guard let index = found.firstIndex(where: { $0.id == after }) else {
                    throw RecordsError.unknownObject(after)
                }
                found.removeFirst(index + 1)
            }
            return ObjectPage(objects: Array(found.prefix(page.limit)), hasMore: found.count > page.limit)
        }
    }

    /// The objects on which work was not over.
    package func openObjects() async throws -> [StoredObject] {
        objects.withLock { $0.entries.values.filter(\.object.isOpen).sorted { $0.number < $1.number }.map(\.object) }
    }
}
