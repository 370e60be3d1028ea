import Foundation
import Testing

@testable import Records

@Suite("Records of responses and conversations") struct ObjectRecordsTests {
    private func withBothKinds(_ body: (any ObjectRecords) async throws -> Void) async throws {
        try await body(MemoryRecords())
        try await withFolder { try await body(SQLiteRecords(at: $0)) }
    }

    private func object(
        _ id: String, _ kind: StoredObject.Kind = .response, account: String = "a", parent: String? = nil,
        isOpen: Bool = false, body: String = "{}"
    ) -> StoredObject {
        StoredObject(
            id: id, kind: kind, account: account, created: 1_700_000_000, parent: parent, isOpen: isOpen, body: body)
    }

    private func item(_ id: String, _ list: StoredItem.List = .input) -> StoredItem {
        StoredItem(id: id, list: list, body: "{\"id\":\"\(id) größer \\u0000\"}")
    }

    private func chain(_ id: String, in records: any ObjectRecords) async throws -> [StoredItem] {
        try await records.chain(to: id, of: "a", bytesMax: .max)
    }

    /// Nil where it is unknown.
    private func found(_ id: String, in records: any ObjectRecords) async -> StoredItem? {
        try? await records.items(named: [id], of: "a", bytesMax: .max).first
    }

    @Test("an object comes back as it was stored, with its items in order, until it is deleted")
    func roundTrip() async throws {
        try await withBothKinds { records in
            let stored = object("r", parent: "p", body: "{\"text\":\"größer\"}")
            let items = [item("1"), item("2", .output), item("3"), item("4", .events)]
            try await records.create(stored, items, adding: nil)
            #expect(try await records.object("r", .response, of: "a") == stored)
            #expect(try await records.object("r", .conversation, of: "a") == nil)
            #expect(try await records.items(of: "r", of: "a", [.output, .input]) == [items[1], items[0], items[2]])
            #expect(try await records.items(of: "x", of: "a", [.input]) == [])
            #expect(await recordsError { try await records.delete("r", .conversation, of: "a") } == .unknownObject("r"))
            try await records.delete("r", .response, of: "a")
            #expect(try await records.object("r", .response, of: "a") == nil)
            #expect(await found("1", in: records) == nil)
            #expect(await recordsError { try await records.delete("r", .response, of: "a") } == .unknownObject("r"))
        }
    }

    @Test("thousands of items of one id, in two objects, are forgotten in no time, and one holder is left")
    func equalIDs() async throws {
        try await withBothKinds { records in
            let items = [StoredItem](repeating: item("x"), count: 5000)
            for id in ["r", "s"] { try await records.create(object(id), items, adding: nil) }
            try await records.delete("s", .response, of: "a")
            #expect(await found("x", in: records) == items[0])
            try await records.create(object("t"), [item("x"), item("y")], adding: nil)
            try await records.delete("r", .response, of: "a")
            #expect(await found("x", in: records) == items[0])
            try await records.delete("t", .response, of: "a")
            #expect(await found("x", in: records) == nil)
        }
    }

    @Test("what belongs to another account is unknown, whatever is asked of it")
    func accounts() async throws {
        try await withBothKinds { records in
            try await records.create(object("r", account: "b", isOpen: true), [item("1")], adding: nil)
            try await records.create(object("c", .conversation, account: "b"), [item("2", .conversation)], adding: nil)
            #expect(try await records.object("r", .response, of: "a") == nil)
            #expect(try await records.items(of: "r", of: "a", [.input]) == [])
            #expect(await found("1", in: records) == nil)
            #expect(try await records.item("2", of: "c", of: "a") == nil)
            #expect(try await records.page(.init(), of: "r", of: "a", .input).elements == [])
            #expect(await recordsError { try await chain("r", in: records) } == .unknownObject("r"))
            #expect(await recordsError { try await records.delete("r", .response, of: "a") } == .unknownObject("r"))
            #expect(await recordsError { try await records.deleteItem("2", of: "c", of: "a") } == .unknownItem("2"))
            #expect(
                await recordsError { try await records.update(object("r"), [], dropping: [], adding: nil) }
                    == .unknownObject("r"))
            let addition = ConversationAddition(id: "c", items: [item("3", .conversation)])
            #expect(
                await recordsError { try await records.create(object("n"), [], adding: addition) }
                    == .unknownObject("c"))
            #expect(try await records.object("n", .response, of: "a") == nil)        // both or none
            #expect(await recordsError { try await records.add(addition, of: "a") } == .unknownObject("c"))
            #expect(try await records.items(of: "c", of: "b", [.conversation]).count == 1)
        }
    }

    @Test("an open response is changed until work on it is over, then never again")
    func update() async throws {
        try await withBothKinds { records in
            let open = object("r", isOpen: true)
            try await records.create(object("c", .conversation), [], adding: nil)
            try await records.create(open, [item("1"), item("", .request)], adding: nil)
            #expect(try await records.openResponses() == [open.name])
            let closed = object("r", body: "[1]")
            try await records.update(
                closed, [item("2", .output)], dropping: [.request],
                adding: ConversationAddition(id: "c", items: [item("1", .conversation)]))
            #expect(try await records.openResponses() == [])
            #expect(try await records.object("r", .response, of: "a") == closed)
            #expect(try await records.items(of: "r", of: "a", [.request, .input, .output]).map(\.id) == ["1", "2"])
            #expect(try await records.items(of: "c", of: "a", [.conversation]).map(\.id) == ["1"])
            #expect(
                await recordsError { try await records.update(open, [], dropping: [], adding: nil) }
                    == .unknownObject("r"))
            try await records.update(object("c", .conversation, body: "[2]"), [], dropping: [], adding: nil)
            #expect(try await records.object("c", .conversation, of: "a")?.body == "[2]")
        }
    }

    @Test("a chain is what was said, the oldest first; it may fork, and it may be too long")
    func chain() async throws {
        try await withBothKinds { records in
            for index in 0 ..< chainMax + 1 {
                try await records.create(
                    object("r\(index)", parent: index == 0 ? nil : "r\(index - 1)"),
                    [item("o\(index)", .output), item("i\(index)")], adding: nil)
            }
            try await records.create(object("fork", parent: "r0"), [item("if")], adding: nil)
            #expect(try await chain("r2", in: records).map(\.id) == ["i0", "o0", "i1", "o1", "i2", "o2"])
            #expect(try await chain("fork", in: records).map(\.id) == ["i0", "o0", "if"])
            #expect(try await chain("r\(chainMax - 1)", in: records).count == 2 * chainMax)
            #expect(await recordsError { try await chain("r\(chainMax)", in: records) } == .chainTooLong("r0"))
            try await records.delete("r0", .response, of: "a")
            #expect(await recordsError { try await chain("fork", in: records) } == .unknownObject("r0"))
        }
    }

    @Test("items are paged in both orders")
    func pages() async throws {
        try await withBothKinds { records in
            try await records.create(
                object("c", .conversation), (0 ..< 5).map { item("\($0)", .conversation) }, adding: nil)
            func page(_ limit: Int, _ after: String?, newestFirst: Bool) async throws -> ([String], Bool) {
                let page = try await records.page(
                    .init(limit: limit, after: after, newestFirst: newestFirst), of: "c", of: "a", .conversation)
                return (page.elements.map(\.id), page.hasMore)
            }
            #expect(try await page(2, nil, newestFirst: true) == (["4", "3"], true))
            #expect(try await page(2, "3", newestFirst: true) == (["2", "1"], true))
            #expect(try await page(2, "1", newestFirst: true) == (["0"], false))
            #expect(try await page(5, nil, newestFirst: false) == (["0", "1", "2", "3", "4"], false))
            #expect(try await page(2, "2", newestFirst: false) == (["3", "4"], false))
            #expect(await recordsError { try await page(2, "9", newestFirst: true) } == .unknownItem("9"))
            try await records.deleteItem("2", of: "c", of: "a")
            #expect(try await page(9, nil, newestFirst: false).0 == ["0", "1", "3", "4"])
            #expect(await recordsError { try await records.deleteItem("2", of: "c", of: "a") } == .unknownItem("2"))
        }
    }

    @Test("objects of a kind are paged in both orders")
    func objectPages() async throws {
        try await withBothKinds { records in
            for index in 0 ..< 4 { try await records.create(object("c\(index)", .completion), [], adding: nil) }
            try await records.create(object("r"), [], adding: nil)
            try await records.create(object("foreign", .completion, account: "b"), [], adding: nil)
            func page(_ limit: Int, _ after: String?, newestFirst: Bool) async throws -> ([String], Bool) {
                let page = try await records.objects(
                    .completion, of: "a", .init(limit: limit, after: after, newestFirst: newestFirst))
                return (page.elements.map(\.id), page.hasMore)
            }
            #expect(try await page(3, nil, newestFirst: false) == (["c0", "c1", "c2"], true))
            #expect(try await page(3, "c2", newestFirst: false) == (["c3"], false))
            #expect(try await page(2, "c3", newestFirst: true) == (["c2", "c1"], true))
            #expect(await recordsError { try await page(2, "foreign", newestFirst: true) } == .unknownObject("foreign"))
        }
    }

    @Test("of items with the same id the newest is found")
    func newest() async throws {
        try await withBothKinds { records in
            let newer = StoredItem(id: "1", list: .output, body: "\"newer\"")
            try await records.create(object("r"), [item("1")], adding: nil)
            try await records.create(object("s"), [newer], adding: nil)
            try await records.create(object("t"), [StoredItem(id: "1", list: .request, body: "")], adding: nil)
            #expect(await found("1", in: records) == newer)
        }
    }

    @Test("in memory, the oldest responses make room for new ones; conversations and open responses stay")
    func memory() async throws {
        let records = MemoryRecords(bytesMax: 20_000), text = String(repeating: "x", count: 1000)
        try await records.create(object("c", .conversation), [], adding: nil)
        try await records.create(object("open", isOpen: true, body: text), [], adding: nil)
        for index in 0 ..< 50 { try await records.create(object("r\(index)", body: text), [], adding: nil) }
        #expect(try await records.object("r49", .response, of: "a") != nil)
        #expect(try await records.object("r0", .response, of: "a") == nil)
        #expect(try await records.object("c", .conversation, of: "a") != nil)
        #expect(try await records.object("open", .response, of: "a") != nil)
        let tooLarge = object("large", body: String(repeating: "x", count: 30_000))
        guard case .unavailable? = await recordsError({ try await records.create(tooLarge, [], adding: nil) }) else {
            Issue.record("it was stored")
            return
        }
    }

    @Test("what has more bytes than may be loaded is refused, and not loaded first")
    func byteLimits() async throws {
        try await withBothKinds { records in
            let text = String(repeating: "x", count: 1000)
            func large(_ id: String, _ list: StoredItem.List) -> StoredItem {
                StoredItem(id: id, list: list, body: text)
            }
            try await records.create(
                object("c", .conversation), (0 ..< 10).map { large("\($0)", .conversation) }, adding: nil)
            for index in 0 ..< 10 {
                try await records.create(
                    object("r\(index)", parent: index == 0 ? nil : "r\(index - 1)"), [large("o\(index)", .output)],
                    adding: nil)
            }
            let refusal = RecordsError.tooLarge(bytesMax: 5000)
            #expect(
                await recordsError {
                    try await records.items(of: "c", of: "a", [.conversation], bytesMax: 5000)
                } == refusal)
            #expect(await recordsError { try await records.chain(to: "r9", of: "a", bytesMax: 5000) } == refusal)
            let ids = [String](repeating: "0", count: 10)
            #expect(await recordsError { try await records.items(named: ids, of: "a", bytesMax: 5000) } == refusal)
            #expect(try await records.items(of: "c", of: "a", [.conversation], bytesMax: 12_000).count == 10)
            #expect(try await records.chain(to: "r9", of: "a", bytesMax: 12_000).count == 10)
            #expect(try await records.chain(to: "r3", of: "a", bytesMax: 5000).count == 4)
            #expect(try await records.items(named: ids, of: "a", bytesMax: 12_000).count == 10)
        }
    }

    @Test("a page ends before it has too many bytes, but each has something, so that all is found page by page")
    func pageBytes() async throws {
        try await withBothKinds { records in
            let items = (0 ..< 6).map {
                StoredItem(id: "\($0)", list: .conversation, body: String(repeating: "x", count: $0 == 2 ? 9000 : 1000))
            }
            try await records.create(object("c", .conversation), items, adding: nil)
            for item in items {
                try await records.create(object("o\(item.id)", .completion, body: item.body), [], adding: nil)
            }
            var (sizes, found, after) = ([Int](), [String](), String?.none)
            while true {
                let page = try await records.page(
                    .init(after: after, newestFirst: false, bytesMax: 2500), of: "c", of: "a", .conversation)
                let objects = try await records.objects(
                    .completion, of: "a", .init(after: after.map { "o\($0)" }, newestFirst: false, bytesMax: 2500))
                #expect(objects.elements.map(\.id) == page.elements.map { "o\($0.id)" })
                #expect(objects.hasMore == page.hasMore)
                sizes.append(page.elements.count)
                found += page.elements.map(\.id)
                after = found.last
                guard page.hasMore else { break }
            }
            #expect(sizes == [2, 1, 2, 1] && found == items.map(\.id))
        }
    }

    @Test("items that are added to a conversation leave its notes as they are, whoever changed them meanwhile")
    func additions() async throws {
        try await withBothKinds { records in
            try await records.create(object("c", .conversation, body: "old"), [], adding: nil)
            try await records.update(object("c", .conversation, body: "new"), [], dropping: [], adding: nil)
            let addition = ConversationAddition(id: "c", items: [item("1", .conversation), item("1", .conversation)])
            try await records.add(addition, of: "a")
            #expect(try await records.object("c", .conversation, of: "a")?.body == "new")
            #expect(try await records.items(of: "c", of: "a", [.conversation]).count == 2)
            #expect(try await records.item("1", of: "c", of: "a") == item("1", .conversation))
            #expect(try await records.item("2", of: "c", of: "a") == nil)
            let unknown = ConversationAddition(id: "d", items: [])
            #expect(await recordsError { try await records.add(unknown, of: "a") } == .unknownObject("d"))
            for _ in 0 ..< 2 {
                #expect(await found("1", in: records) != nil)
                try await records.deleteItem("1", of: "c", of: "a")
            }
            #expect(await found("1", in: records) == nil)
        }
    }

    @Test("old responses and completions go, some at a time; conversations and responses at work stay")
    func expiry() async throws {
        try await withBothKinds { records in
            for (index, kind) in [StoredObject.Kind.response, .completion, .conversation, .response].enumerated() {
                for age in (0 ..< 3).reversed() {
                    var old = object("\(index)-\(age)", kind, account: "\(index)", isOpen: index == 3)
                    old.created -= age * 100
                    try await records.create(old, [item("i\(index)-\(age)")], adding: nil)
                }
            }
            var counts: [Int] = []
            repeat {
                counts.append(try await records.expire(before: 1_700_000_000 - 50, countMax: 3))
            } while counts.last != 0
            #expect(counts == [3, 1, 0])
            for (index, kind) in [StoredObject.Kind.response, .completion, .conversation, .response].enumerated() {
                for age in 0 ..< 3 {
                    let isThere = try await records.object("\(index)-\(age)", kind, of: "\(index)") != nil
                    #expect(isThere == (index > 1 || age == 0), "\(index)-\(age)")
                    let item = try? await records.items(named: ["i\(index)-\(age)"], of: "\(index)", bytesMax: .max)
                    #expect((item != nil) == isThere)
                }
            }
        }
    }

    @Test("in memory, an account over its share makes room by what it has itself, and another's stays")
    func fairShares() async throws {
        let records = MemoryRecords(bytesMax: 40_000), text = String(repeating: "x", count: 1000)
        for index in 0 ..< 5 {
            try await records.create(object("b\(index)", account: "b", body: text), [], adding: nil)
        }
        for index in 0 ..< 200 { try await records.create(object("a\(index)", body: text), [], adding: nil) }
        for index in 0 ..< 5 { #expect(try await records.object("b\(index)", .response, of: "b") != nil) }
        #expect(try await records.object("a199", .response, of: "a") != nil)
        // Up to its share, the other one gets room: at first of responses, then of conversations.
        for index in 5 ..< 13 {
            try await records.create(object("b\(index)", account: "b", body: text), [], adding: nil)
        }
        for index in 0 ..< 13 { #expect(try await records.object("b\(index)", .response, of: "b") != nil) }
        let whole = MemoryRecords(bytesMax: 40_000)
        for index in 0 ..< 26 {
            try await whole.create(object("c\(index)", .conversation, body: text), [], adding: nil)
        }
        let more = object("c26", .conversation, body: text)
        guard case .unavailable? = await recordsError({ try await whole.create(more, [], adding: nil) }) else {
            Issue.record("it was stored")
            return
        }
        try await whole.create(object("b", account: "b", body: text), [], adding: nil)
        #expect(try await whole.object("c0", .conversation, of: "a") == nil)
        #expect(try await whole.object("c25", .conversation, of: "a") != nil)
    }

    @Test("what goes, and what is listed, is as if all were searched, whatever was added and deleted before")
    func ageLists() {
        var list = AgeList(), model: [String] = [], random = SystemRandomNumberGenerator()
        for step in 0 ..< 3000 {
            if Int.random(in: 0 ..< 5, using: &random) < 3 || model.isEmpty {
                list.append("\(step)")
                model.append("\(step)")
            } else {
                let index = Int.random(in: 0 ..< model.count, using: &random)
                list.remove(model.remove(at: index))
            }
            guard step % 100 == 0 else { continue }
            #expect(Array(list.ids()) == model && Array(list.ids(newestFirst: true)) == model.reversed())
            if let middle = model.randomElement(using: &random), let index = model.firstIndex(of: middle) {
                #expect(Array(list.ids(after: middle)) == Array(model[(index + 1)...]))
                #expect(Array(list.ids(newestFirst: true, after: middle)) == model[..<index].reversed())
            }
        }
    }

    @Test("on disk, all is there when the file is opened again")
    func reopened() async throws {
        try await withFolder { folder in
            let stored = object("r", isOpen: true)
            try await SQLiteRecords(at: folder).create(stored, [item("1")], adding: nil)
            let again = try SQLiteRecords(at: folder)
            #expect(try await again.openResponses() == [stored.name])
            #expect(try await again.items(of: "r", of: "a", [.input]) == [item("1")])
        }
    }
}
