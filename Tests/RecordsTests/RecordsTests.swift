import Records
import Testing

@Suite("Records") struct RecordsTests {
    @Test("a session comes back as it was stored")
    func roundTrip() async throws {
        try await withBothKinds { records in
            let stored = session(
                [[1, 2, 3], [], [0, .max]], metadata: ["title": "größer \"x\"", "": "\u{0}\u{2028}"],
                parent: Session.Parent(id: SessionID(), tokens: 7))
            try await records.create(stored)
            #expect(try await records.session(stored.facts.id, of: "a") == stored)
            #expect(stored.facts.tokens == 5 && stored.facts.turns == 3)
            #expect(stored.positions == [3, 3, 5])
        }
    }

    @Test("an id is taken once")
    func taken() async throws {
        try await withBothKinds { records in
            let first = session([[1]])
            try await records.create(first)
            var second = first
            second.facts.account = "b"
            #expect(await recordsError { try await records.create(second) } == .taken(first.facts.id))
            #expect(try await records.session(first.facts.id, of: "a") == first)
        }
    }

    @Test("what belongs to another account is unknown, whatever is asked of it")
    func accounts() async throws {
        try await withBothKinds { records in
            let foreign = session([[1, 2]], account: "b"), id = foreign.facts.id
            try await records.create(foreign)
            #expect(try await records.session(id, of: "a") == nil)
            #expect(try await records.sessions(of: "a", .init()).elements.isEmpty)
            #expect(try await records.parents(of: id, of: "a").isEmpty)
            let refusals = [
                await recordsError { try await records.append([], to: id, of: "a", expecting: 0, at: 0) },
                await recordsError { try await records.cut(id, of: "a", to: 1, expecting: 0, at: 0) },
                await recordsError { try await records.delete(id, of: "a") },
                await recordsError { try await records.sessions(of: "a", .init(after: id)) },
            ]
            #expect(refusals == [.unknown(id), .unknown(id), .unknown(id), .unknown(id)])
            #expect(try await records.session(id, of: "b") == foreign)
        }
    }

    @Test("of two changes that have read the same version, the second is refused")
    func versions() async throws {
        try await withBothKinds { records in
            let start = session([[1]]), id = start.facts.id
            try await records.create(start)
            let turn = Session.Turn(role: "user", tokens: [2, 3])
            let facts = try await records.append([turn], to: id, of: "a", expecting: 0, at: 1_700_000_009)
            #expect(facts.version == 1 && facts.tokens == 3 && facts.turns == 2 && facts.lastUsed == 1_700_000_009)
            let changed = RecordsError.changed(id, expected: 0, found: 1)
            #expect(
                await recordsError { try await records.append([turn], to: id, of: "a", expecting: 0, at: 0) }
                    == changed)
            #expect(await recordsError { try await records.cut(id, of: "a", to: 0, expecting: 0, at: 0) } == changed)
            #expect(try await records.session(id, of: "a")?.tokens == [1, 2, 3])
        }
    }

    @Test("sixteen writers at once lose none of each other's turns")
    func concurrency() async throws {
        try await withBothKinds { records in
            let start = session(), id = start.facts.id
            try await records.create(start)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for writer in 0 ..< 16 {
                    tasks.addTask {
                        var rest = (0 ..< 8).map { Int32(writer * 8 + $0) }[...]
                        while let token = rest.first {
                            let version = try await records.session(id, of: "a")?.facts.version ?? -1
                            let refusal = await recordsError {
                                try await records.append(
                                    [Session.Turn(role: "user", tokens: [token])], to: id, of: "a", expecting: version,
                                    at: 0)
                            }
                            switch refusal {
                            case nil: rest.removeFirst()
                            case .changed: continue
                            case let other?: throw other
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            let end = try await records.session(id, of: "a")
            #expect(end?.facts.version == 128)
            #expect(end?.tokens.sorted() == Array(0 ..< 128))
        }
    }

    @Test("pages list an account's sessions in both directions, each once")
    func pages() async throws {
        try await withBothKinds { records in
            var ids: [SessionID] = []
            for index in 0 ..< 7 {
                let next = session([[Int32(index)]])
                ids.append(next.facts.id)
                try await records.create(next)
                try await records.create(session(account: "b"))
            }
            for newestFirst in [true, false] {
                var (found, after) = ([SessionID](), SessionID?.none)
                while true {
                    let page = try await records.sessions(
                        of: "a", .init(limit: 3, after: after, newestFirst: newestFirst))
                    found += page.elements.map(\.id)
                    after = found.last
                    #expect(page.elements.allSatisfy { $0.tokens == 1 && $0.turns == 1 })
                    guard page.hasMore else { break }
                }
                #expect(found == (newestFirst ? ids.reversed() : ids))
            }
        }
    }

    @Test("a chain of forks is followed to the one that is gone")
    func parents() async throws {
        try await withBothKinds { records in
            let first = session([[1, 2, 3]])
            let second = session([[1, 2]], parent: Session.Parent(id: first.facts.id, tokens: 2))
            let third = session([[1]], parent: Session.Parent(id: second.facts.id, tokens: 1))
            for session in [first, second, third] { try await records.create(session) }
            let both = [third.facts.parent, second.facts.parent]
            #expect(try await records.parents(of: third.facts.id, of: "a") == both)
            try await records.delete(first.facts.id, of: "a")
            #expect(try await records.parents(of: third.facts.id, of: "a") == both)
            try await records.delete(second.facts.id, of: "a")
            #expect(try await records.parents(of: third.facts.id, of: "a") == [third.facts.parent])
            #expect(try await records.session(third.facts.id, of: "a") == third)
        }
    }

    @Test("beyond the end nothing can be cut")
    func beyondEnd() async throws {
        try await withBothKinds { records in
            let start = session([[1, 2], [3]]), id = start.facts.id
            try await records.create(start)
            #expect(
                await recordsError { try await records.cut(id, of: "a", to: 4, expecting: 0, at: 0) }
                    == .beyondEnd(id, asked: 4, found: 3))
            #expect(try await records.session(id, of: "a") == start)
        }
    }

    @Test("of several accounts none takes all memory")
    func memoryShares() async throws {
        let records = MemoryRecords(bytesMax: 8000, accountsMax: 3)
        func fill(_ account: String) async -> Int {
            var count = 0
            while await recordsError({ try await records.create(session([[1]], account: account)) }) == nil {
                count += 1
            }
            return count
        }
        let first = await fill("a"), second = await fill("b")
        #expect(first > 0 && first == second)
    }

    @Test("memory has an end, and a refusal there changes nothing")
    func memoryEnd() async throws {
        let records = MemoryRecords(bytesMax: 2000), start = session([[1]]), id = start.facts.id
        try await records.create(start)
        let long = [Session.Turn(role: "user", tokens: [Int32](repeating: 7, count: 400))]
        guard
            case .unavailable(let sentence)? = await recordsError({
                try await records.append(long, to: id, of: "a", expecting: 0, at: 0)
            })
        else {
            Issue.record("it was stored")
            return
        }
        #expect(sentence.contains("2000 bytes") && sentence.contains("--records"))
        #expect(try await records.session(id, of: "a") == start)
        try await records.delete(id, of: "a")
        try await records.create(session([[Int32](repeating: 7, count: 300)]))
    }
}
