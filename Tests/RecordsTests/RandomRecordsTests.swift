import Foundation
import Records
import Testing

@Suite("Records against a model") struct RandomRecordsTests {
    @Test("thousands of random changes leave the same in memory and in SQLite, which is opened anew now and then")
    func equal() async throws {
        try await withFolder { folder in
            var random = SystemRandomNumberGenerator()
            let memory = MemoryRecords()
            var stored = try SQLiteRecords(at: folder)
            var ids = [SessionID()]
            for step in 0 ..< 2000 {
                if step % 250 == 249 { stored = try SQLiteRecords(at: folder) }
                let change = RandomChange(ids: ids, using: &random)
                let expected = await change.made(in: memory), found = await change.made(in: stored)
                #expect(expected == found, "step \(step): \(change)")
                if let new = change.created { ids.append(new) }
                let id = ids.randomElement(using: &random) ?? ids[0]
                let here = try await memory.session(id, of: "a"), there = try await stored.session(id, of: "a")
                #expect(here == there, "step \(step): \(change)")
                guard here == there, expected == found else { return }
            }
            let all = try await memory.sessions(of: "a", .init(limit: 10_000))
            #expect(try await stored.sessions(of: "a", .init(limit: 10_000)) == all)
        }
    }
}

/// One call with made-up arguments, most of which make sense.
private enum RandomChange: Sendable {
    case create(Session)
    case append(SessionID, [Session.Turn], version: Int)
    case cut(SessionID, Int, version: Int)
    case delete(SessionID)

    init(ids: [SessionID], using random: inout some RandomNumberGenerator) {
        func tokens() -> [Int32] {
            (0 ..< Int.random(in: 0 ... 9, using: &random)).map { _ in Int32.random(in: 0 ... .max, using: &random) }
        }
        let id = ids.suffix(20).randomElement(using: &random) ?? ids[0]
        let version = Int.random(in: 0 ... 7, using: &random)
        switch Int.random(in: 0 ..< 20, using: &random) {
        case 0 ..< 4: self = .create(session([tokens(), tokens()]))
        case 4 ..< 12:
            self = .append(id, [tokens(), tokens()].map { Session.Turn(role: "user", tokens: $0) }, version: version)
        case 12 ..< 19: self = .cut(id, Int.random(in: 0 ... 40, using: &random), version: version)
        default: self = .delete(id)
        }
    }

    var created: SessionID? { if case .create(let session) = self { session.facts.id } else { nil } }

    /// What the call returned, or threw, as text.
    func made(in records: any Records) async -> String {
        do {
            switch self {
            case .create(let session): return "\(try await records.create(session))"
            case .append(let id, let turns, let version):
                let version = try await self.version(version, of: id, in: records)
                let facts = try await records.append(turns, to: id, of: "a", expecting: version, at: Self.time)
                return "\(facts)"
            case .cut(let id, let count, let version):
                let version = try await self.version(version, of: id, in: records)
                return "\(try await records.cut(id, of: "a", to: count, expecting: version, at: Self.time))"
            case .delete(let id): return "\(try await records.delete(id, of: "a"))"
            }
        } catch {
            return "\(error)"
        }
    }

    private static let time = 1_800_000_000

    /// The right version in most cases, else a made-up one.
    private func version(_ given: Int, of id: SessionID, in records: any Records) async throws -> Int {
        let right = try await records.session(id, of: "a")?.facts.version ?? 0
        return given > 1 ? right : given
    }
}
