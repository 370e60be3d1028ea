import Foundation
import Records
import Testing

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
            #expect(try await records.item("1", of: "a") == nil)
            #expect(await recordsError { try await records.delete("r", .response, of: "a") } == .unknownObject("r"))
        }
    }

    @Test("what belongs to another account is unknown, whatever is asked of it")
    func accounts() async throws {
        try await withBothKinds { records in
            try await records.create(object("r", account: "b", isOpen: true), [item("1")], adding: nil)
            try await records.create(object("c", .conversation, account: "b"), [item("2", .conversation)], adding: nil)
            #expect(try await records.object("r", .response, of: "a") == nil)
            #expect(try await records.items(of: "r", of: "a", [.input]) == [])
            #expect(try await records.item("1", of: "a") == nil)
            #expect(try await records.page(.init(), of: "r", of: "a", .input).items == [])
            #expect(await recordsError { try await records.chain(to: "r", of: "a") } == .unknownObject("r"))
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
            #expect(try await records.items(of: "c", of: "b", [.conversation]).count == 1)
        }
    }

    @Test("an open response is changed until work on it is over, then never again")
    func update() async throws {
        try await withBothKinds { records in
            let open = object("r", isOpen: true)
            try await records.create(object("c", .conversation), [], adding: nil)
            try await records.create(open, [item("1"), item("", .request)], adding: nil)
            #expect(try await records.openObjects() == [open])
            let closed = object("r", body: "[1]")
            try await records.update(
                closed, [item("2", .output)], dropping: [.request],
                adding: ConversationAddition(id: "c", items: [item("1", .conversation)]))
            #expect(try await records.openObjects() == [])
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
            #expect(try await records.chain(to: "r2", of: "a").map(\.id) == ["i0", "o0", "i1", "o1", "i2", "o2"])
            #expect(try await records.chain(to: "fork", of: "a").map(\.id) == ["i0", "o0", "if"])
            #expect(try await records.chain(to: "r\(chainMax - 1)", of: "a").count == 2 * chainMax)
            #expect(await recordsError { try await records.chain(to: "r\(chainMax)", of: "a") } == .chainTooLong("r0"))
            try await records.delete("r0", .response, of: "a")
            #expect(await recordsError { try await records.chain(to: "fork", of: "a") } == .unknownObject("r0"))
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
                return (page.items.map(\.id), page.hasMore)
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
                return (page.objects.map(\.id), page.hasMore)
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
            #expect(try await records.item("1", of: "a") == newer)
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

    @Test("on disk, all is there when the file is opened again")
    func reopened() async throws {
        try await withFolder { folder in
            let stored = object("r", isOpen: true)
            try await SQLiteRecords(at: folder).create(stored, [item("1")], adding: nil)
            let again = try SQLiteRecords(at: folder)
            #expect(try await again.openObjects() == [stored])
            #expect(try await again.items(of: "r", of: "a", [.input]) == [item("1")])
        }
    }
}
