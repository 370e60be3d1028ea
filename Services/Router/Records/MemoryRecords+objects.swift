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
    package func items(
        of id: String, of account: String, _ lists: [StoredItem.List], bytesMax: Int
    ) async throws -> [StoredItem] {
        let items = objects.withLock { $0.entry(id, account)?.items(lists) ?? [] }
        var allowance = ByteAllowance(bytesMax)
        for item in items { try allowance.take(item) }
        return items
    }

    /// What was said up to the end of a response.
    package func chain(to id: String, of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try objects.withLock { objects in
            var (links, next, allowance) = ([[StoredItem]](), String?.some(id), ByteAllowance(bytesMax))
            while let id = next {
                guard links.count < chainMax else { throw RecordsError.chainTooLong(id) }
                guard let entry = objects.entry(id, .response, account) else { throw RecordsError.unknownObject(id) }
                links.append(entry.items([.input, .output]))
                for item in links[links.count - 1] { try allowance.take(item) }
                next = entry.object.parent
            }
            return Array(links.reversed().joined())
        }
    }

    /// Some items of a list.
    package func page(
        _ page: PageRequest<String>, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> Page<StoredItem> {
        try objects.withLock { try $0.entry(id, account)?.page(page, list) } ?? Page(elements: [])
    }

    /// The newest items of these ids.
    package func items(named ids: [String], of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try objects.withLock { objects in
            var (items, allowance) = ([StoredItem](), ByteAllowance(bytesMax))
            var known: [String: [String: StoredItem]] = [:]        // the items of each object that was looked into
            for id in ids {
                guard let holder = objects.shelves[account]?.holders[id]?.last else {
                    throw RecordsError.unknownItem(id)
                }
                if known[holder] == nil { known[holder] = objects.entries[holder]?.newestByID }
                guard let item = known[holder]?[id] else { throw RecordsError.unknownItem(id) }
                try allowance.take(item)
                items.append(item)
            }
            return items
        }
    }

    /// The newest item of this id of a conversation.
    package func item(_ item: String, of id: String, of account: String) async throws -> StoredItem? {
        objects.withLock { $0.entry(id, .conversation, account)?.items.last { $0.id == item } }
    }

    /// Adds items at the end of a conversation.
    package func add(_ addition: ConversationAddition, of account: String) async throws {
        try objects.withLock { try $0.add(addition, of: account) }
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
        _ kind: StoredObject.Kind, of account: String, _ page: PageRequest<String>
    ) async throws -> Page<StoredObject> {
        try objects.withLock { objects in
            if let after = page.after, objects.entry(after, kind, account) == nil {
                throw RecordsError.unknownObject(after)
            }
            let shelf = objects.shelves[account] ?? MemoryObjects.Shelf()
            let list = kind == .conversation ? shelf.conversations : shelf.passing
            var filler = PageFiller<StoredObject>(page)
            for id in list.ids(newestFirst: page.newestFirst, after: page.after) {
                guard let object = objects.entry(id, kind, account)?.object else { continue }
                guard filler.add(object, bytes: object.body.utf8.count) else { break }
            }
            return filler.page
        }
    }

    /// The responses on which work goes on, account by account.
    package func openResponses() async throws -> [ObjectName] {
        objects.withLock { objects in
            objects.shelves.values.flatMap { shelf in
                shelf.passing.ids().compactMap { objects.entries[$0]?.object }.filter(\.isOpen).map(\.name)
            }
        }
    }

    /// Forgets responses and chat completions that are older.
    package func expire(before moment: Int, countMax: Int) async throws -> Int {
        objects.withLock { $0.expire(before: moment, countMax: countMax) }
    }
}

extension MemoryObjects.Entry {
    /// The items that clients can name, by their ids.
    fileprivate var newestByID: [String: StoredItem] {
        Dictionary(items.filter(\.list.isPublic).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }
}
