/// Objects that end with the process: a value that decides what is there.
struct MemoryObjects {
    struct Entry: Sendable {
        var object: StoredObject
        private(set) var items: [StoredItem] = []
        private(set) var itemBytes = 0

        init(_ object: StoredObject) { self.object = object }

        var bytes: Int { 512 + object.body.utf8.count + itemBytes }
        /// Goes before a conversation does.
        var isPassing: Bool { object.kind != .conversation }

        mutating func append(_ new: [StoredItem]) {
            items += new
            itemBytes += new.reduce(0) { $0 + Self.bytes(of: $1) }
        }

        mutating func drop(where isUnwanted: (StoredItem) -> Bool) {
            items.removeAll(where: isUnwanted)
            itemBytes = items.reduce(0) { $0 + Self.bytes(of: $1) }
        }

        private static func bytes(of item: StoredItem) -> Int { 128 + item.body.utf8.count }
    }

    /// What an account has.
    struct Shelf: Sendable {
        fileprivate(set) var bytes = 0
        /// Responses and chat completions.
        fileprivate(set) var passing = AgeList()
        fileprivate(set) var conversations = AgeList()
        /// The objects that have an item of an id, each once; the one that got it last is the last.
        fileprivate(set) var holders: [String: [String]] = [:]
    }
    private(set) var entries: [String: Entry] = [:]
    private(set) var shelves: [String: Shelf] = [:]
    private var bytes = 0
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    func entry(_ id: String, _ account: String) -> Entry? {
        entries[id].flatMap { $0.object.account == account ? $0 : nil }
    }

    func entry(_ id: String, _ kind: StoredObject.Kind, _ account: String) -> Entry? {
        entry(id, account).flatMap { $0.object.kind == kind ? $0 : nil }
    }

    mutating func create(
        _ object: StoredObject, _ items: [StoredItem], _ addition: ConversationAddition?
    ) throws(RecordsError) {
        guard entries[object.id] == nil else { throw .unavailable("The id \(object.id) is taken.") }
        try put(Change(entry: Entry(object), adding: items), addition)
    }

    mutating func update(
        _ object: StoredObject, _ items: [StoredItem], dropping: Set<StoredItem.List>,
        _ addition: ConversationAddition?
    ) throws(RecordsError) {
        guard var entry = entry(object.id, object.kind, object.account), entry.object.mayChange else {
            throw .unknownObject(object.id)
        }
        entry.object.body = object.body
        entry.object.isOpen = object.isOpen
        if !dropping.isEmpty { entry.drop { dropping.contains($0.list) } }
        try put(Change(entry: entry, adding: items), addition)
    }

    mutating func add(_ addition: ConversationAddition, of account: String) throws(RecordsError) {
        try put([try change(addition, account)], of: account)
    }

    mutating func deleteItem(_ item: String, of id: String, _ account: String) throws(RecordsError) {
        guard var entry = entry(id, .conversation, account),
            let index = entry.items.firstIndex(where: { $0.id == item })
        else { throw .unknownItem(item) }
        var place = -1
        entry.drop { _ in
            place += 1
            return place == index
        }
        try put([Change(entry: entry, adding: [])], of: account)
        if !entry.items.contains(where: { $0.id == item }) { forgetHolder(id, of: item, account) }
    }

    mutating func delete(_ id: String, _ kind: StoredObject.Kind, _ account: String) throws(RecordsError) {
        guard entry(id, kind, account) != nil else { throw .unknownObject(id) }
        remove(id)
    }

    /// Looks only at the oldest, since objects come in the order of their time.
    ///
    /// - Returns: how many have gone.
    mutating func expire(before moment: Int, countMax: Int) -> Int {
        var expired: [String] = []
        for shelf in shelves.values {
            for id in shelf.passing.ids() {
                guard expired.count < countMax, let object = entries[id]?.object, object.created < moment else { break }
                if !object.isOpen { expired.append(id) }
            }
        }
        for id in expired { remove(id) }
        return expired.count
    }
}

// Changing what is there.
extension MemoryObjects {
    /// An object as it is to be, but for items that come to it.
    private struct Change {
        var entry: Entry
        var adding: [StoredItem]
    }

    /// Both or none.
    private mutating func put(_ change: Change, _ addition: ConversationAddition?) throws(RecordsError) {
        let account = change.entry.object.account
        var changes = [change]
        if let addition { changes.append(try self.change(addition, account)) }
        try put(changes, of: account)
    }

    private func change(_ addition: ConversationAddition, _ account: String) throws(RecordsError) -> Change {
        guard let conversation = entry(addition.id, .conversation, account) else { throw .unknownObject(addition.id) }
        return Change(entry: conversation, adding: addition.items)
    }

    private mutating func put(_ changes: [Change], of account: String) throws(RecordsError) {
        let changed = changes.map { change in
            var entry = change.entry
            entry.append(change.adding)
            return entry
        }
        let before = changed.reduce(0) { $0 + (entries[$1.object.id]?.bytes ?? 0) }
        let growth = changed.reduce(0) { $0 + $1.bytes } - before
        let search = RoomSearch(
            missing: growth > 0 ? bytes + growth - bytesMax : 0, spared: Set(changed.map(\.object.id)))
        for id in try victims(search, growing: growth, account) { remove(id) }
        bytes += growth
        shelves[account, default: Shelf()].bytes += growth
        for (entry, change) in zip(changed, changes) { shelve(entry, adding: change.adding) }
    }

    private mutating func shelve(_ entry: Entry, adding items: [StoredItem]) {
        let id = entry.object.id, account = entry.object.account
        let isNew = entries.updateValue(entry, forKey: id) == nil
        if isNew {
            if entry.isPassing {
                shelves[account]?.passing.append(id)
            } else {
                shelves[account]?.conversations.append(id)
            }
        }
        for item in Self.publicIDs(items) where shelves[account]?.holders[item]?.last != id {
            let others = shelves[account]?.holders[item]?.filter { $0 != id } ?? []
            shelves[account]?.holders[item] = others + [id]
        }
    }

    /// Each once: an object may have thousands of items of one id.
    private static func publicIDs(_ items: [StoredItem]) -> Set<String> {
        Set(items.lazy.filter(\.list.isPublic).map(\.id))
    }

    private mutating func remove(_ id: String) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        let account = entry.object.account
        bytes -= entry.bytes
        shelves[account]?.bytes -= entry.bytes
        shelves[account]?.passing.remove(id)
        shelves[account]?.conversations.remove(id)
        for item in Self.publicIDs(entry.items) { forgetHolder(id, of: item, account) }
        if shelves[account]?.passing.isEmpty == true, shelves[account]?.conversations.isEmpty == true {
            shelves[account] = nil
        }
    }

    private mutating func forgetHolder(_ id: String, of item: String, _ account: String) {
        let others = shelves[account]?.holders[item]?.filter { $0 != id } ?? []
        shelves[account]?.holders[item] = others.isEmpty ? nil : others
    }
}

// What goes when there is no room.
extension MemoryObjects {
    private struct RoomSearch {
        /// Bytes that are still needed.
        var missing: Int
        /// What is to be changed.
        let spared: Set<String>
        private(set) var victims: Set<String> = []

        init(missing: Int, spared: Set<String>) { (self.missing, self.spared) = (missing, spared) }

        /// Takes the oldest of a list until there is room, or the account has no more than its share.
        mutating func take(_ list: AgeList, of entries: [String: Entry], _ owned: inout Int, downTo share: Int) {
            for id in list.ids() {
                guard missing > 0, owned > share else { return }
                guard let entry = entries[id], !entry.object.isOpen, !spared.contains(id),
                    victims.insert(id).inserted
                else { continue }
                missing -= entry.bytes
                owned -= entry.bytes
            }
        }
    }

    /// Whoever has more than a fair share makes room first: the account itself by its oldest responses, then others by
    /// theirs and at last by their conversations. Responses at work stay.
    private func victims(
        _ search: RoomSearch, growing growth: Int, _ account: String
    ) throws(RecordsError) -> Set<String> {
        var search = search
        guard search.missing > 0 else { return [] }
        let own = shelves[account] ?? Shelf()
        let share = bytesMax / (shelves.count + (shelves[account] == nil ? 1 : 0))
        var owned = own.bytes + growth
        search.take(own.passing, of: entries, &owned, downTo: share)
        if owned <= share {
            let others = shelves.filter { $0.key != account && $0.value.bytes > share }.values
            for other in others.sorted(by: { $0.bytes > $1.bytes }) {
                var bytes = other.bytes
                search.take(other.passing, of: entries, &bytes, downTo: share)
                search.take(other.conversations, of: entries, &bytes, downTo: share)
            }
        }
        search.take(own.passing, of: entries, &owned, downTo: .min)
        guard search.missing <= 0 else {
            throw .unavailable(
                """
                The response cannot be stored: all responses and conversations together would have more than the \
                \(bytesMax) bytes that are kept in memory. Delete some; the operator can store them on disk (--records).
                """)
        }
        return search.victims
    }
}

extension MemoryObjects.Entry {
    func items(_ lists: [StoredItem.List]) -> [StoredItem] {
        lists.flatMap { list in items.filter { $0.list == list } }
    }

    func page(_ page: PageRequest<String>, _ list: StoredItem.List) throws(RecordsError) -> Page<StoredItem> {
        var items = items([list])
        if page.newestFirst { items.reverse() }
        if let after = page.after {
            guard let index = items.firstIndex(where: { $0.id == after }) else { throw .unknownItem(after) }
            items.removeFirst(index + 1)
        }
        var filler = PageFiller<StoredItem>(page)
        _ = items.first { !filler.add($0, bytes: $0.body.utf8.count) }
        return filler.page
    }
}
