import Records

/// Records in which something happens before a call, such as a failure of the disk.
struct TroubledRecords: ObjectRecords {
    /// The calls in which something may happen.
    enum Call { case update, items, itemsNamed }

    let base: any ObjectRecords
    let before: @Sendable (Call) async throws -> Void

    func create(_ object: StoredObject, _ items: [StoredItem], adding: ConversationAddition?) async throws {
        try await base.create(object, items, adding: adding)
    }

    func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>, adding: ConversationAddition?
    ) async throws {
        try await before(.update)
        try await base.update(object, items, dropping: dropping, adding: adding)
    }

    func object(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws -> StoredObject? {
        try await base.object(id, kind, of: account)
    }

    func items(
        of id: String, of account: String, _ lists: [StoredItem.List], bytesMax: Int
    ) async throws -> [StoredItem] {
        try await before(.items)
        return try await base.items(of: id, of: account, lists, bytesMax: bytesMax)
    }

    func chain(to id: String, of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try await base.chain(to: id, of: account, bytesMax: bytesMax)
    }

    func page(
        _ page: PageRequest<String>, of id: String, of account: String, _ list: StoredItem.List
    ) async throws -> Page<StoredItem> { try await base.page(page, of: id, of: account, list) }

    func items(named ids: [String], of account: String, bytesMax: Int) async throws -> [StoredItem] {
        try await before(.itemsNamed)
        return try await base.items(named: ids, of: account, bytesMax: bytesMax)
    }

    func item(_ item: String, of id: String, of account: String) async throws -> StoredItem? {
        try await base.item(item, of: id, of: account)
    }

    func add(_ addition: ConversationAddition, of account: String) async throws {
        try await base.add(addition, of: account)
    }

    func deleteItem(_ item: String, of id: String, of account: String) async throws {
        try await base.deleteItem(item, of: id, of: account)
    }

    func delete(_ id: String, _ kind: StoredObject.Kind, of account: String) async throws {
        try await base.delete(id, kind, of: account)
    }

    func objects(
        _ kind: StoredObject.Kind, of account: String, _ page: PageRequest<String>
    ) async throws -> Page<StoredObject> { try await base.objects(kind, of: account, page) }

    func openResponses() async throws -> [ObjectName] { try await base.openResponses() }

    func expire(before moment: Int, countMax: Int) async throws -> Int {
        try await base.expire(before: moment, countMax: countMax)
    }
}
