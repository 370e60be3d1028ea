/// Objects that end with the process: a value that decides what is there.
struct MemoryObjects {
    struct Entry: Sendable {
        var object: StoredObject
        var items: [StoredItem] = []
        /// In which order objects were made.
        let number: Int

        var bytes: Int { 512 + object.body.utf8.count + items.reduce(0) { $0 + 128 + $1.body.utf8.count } }
        var isLasting: Bool { object.kind == .conversation || object.isOpen }
    }
    private(set) var entries: [String: Entry] = [:]
    private var bytes = 0
    private var made = 0
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    func entry(_ id: String, _ account: String) -> Entry? {
        entries[id].flatMap { $0.object.account == account ? $0 : nil }
    }

    func entry(_ id: String, _ kind: StoredObject.Kind, _ account: String) -> Entry? {
        entry(id, account).flatMap { $0.object.kind == kind ? $0 : nil }
    }

    mutating func create(_ object: StoredObject, _ items: [StoredItem], _ addition: ConversationAddition?) throws {
        guard entries[object.id] == nil else { throw RecordsError.unavailable("The id \(object.id) is taken.") }
        made += 1
        try put(Entry(object: object, items: items, number: made), addition)
    }

    mutating func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>,
        _ addition: ConversationAddition?
    ) throws {
        guard var entry = entry(object.id, object.kind, object.account), entry.object.mayChange else {
            throw RecordsError.unknownObject(object.id)
        }
        entry.object.body = object.body
        entry.object.isOpen = object.isOpen
        entry.items.removeAll { dropping.contains($0.list) }
        entry.items += items
        try put(entry, addition)
    }

    mutating func deleteItem(_ item: String, of id: String, _ account: String) throws {
        guard var entry = entry(id, .conversation, account),
            let index = entry.items.firstIndex(where: { $0.id == item })
        else { throw RecordsError.unknownItem(item) }
        entry.items.remove(at: index)
        try put(entry, nil)
    }

    mutating func delete(_ id: String, _ kind: StoredObject.Kind, _ account: String) throws {
        guard let entry = entry(id, kind, account) else { throw RecordsError.unknownObject(id) }
        remove(entry)
    }

    /// Both or none.
    private mutating func put(_ entry: Entry, _ addition: ConversationAddition?) throws {
        var changed = [entry]
        if let addition {
            guard var conversation = self.entry(addition.id, .conversation, entry.object.account) else {
                throw RecordsError.unknownObject(addition.id)
            }
            conversation.items += addition.items
            changed.append(conversation)
        }
        let before = changed.reduce(0) { $0 + (entries[$1.object.id]?.bytes ?? 0) }
        let after = changed.reduce(0) { $0 + $1.bytes }
        try makeRoom(growing: after - before, sparing: Set(changed.map(\.object.id)))
        bytes += after - before
        for entry in changed { entries[entry.object.id] = entry }
    }

    /// The oldest responses go, until the rest has room.
    private mutating func makeRoom(growing growth: Int, sparing spared: Set<String>) throws {
        guard growth > 0, bytes + growth > bytesMax else { return }
        let candidates = entries.values.filter { !$0.isLasting && !spared.contains($0.object.id) }
        guard bytes + growth - candidates.reduce(0, { $0 + $1.bytes }) <= bytesMax else {
            throw RecordsError.unavailable(
                """
                The response cannot be stored: all responses and conversations together would have more than the \
                \(bytesMax) bytes that are kept in memory. Delete some; the operator can store them on disk (--records).
                """)
        }
        for entry in candidates.sorted(by: { $0.number < $1.number }) where bytes + growth > bytesMax { remove(entry) }
    }

    private mutating func remove(_ entry: Entry) {
        bytes -= entry.bytes
        entries[entry.object.id] = nil
    }
}

extension MemoryObjects.Entry {
    func items(_ lists: [StoredItem.List]) -> [StoredItem] {
        lists.flatMap { list in items.filter { $0.list == list } }
    }

    func page(_ page: ItemPage.Request, _ list: StoredItem.List) throws -> ItemPage {
        var items = items([list])
        if page.newestFirst { items.reverse() }
        if let after = page.after {
            guard let index = items.firstIndex(where: { $0.id == after }) else {
                throw RecordsError.unknownItem(after)
            }
            items.removeFirst(index + 1)
        }
        return ItemPage(items: Array(items.prefix(page.limit)), hasMore: items.count > page.limit)
    }
}
