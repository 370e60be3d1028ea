import Checkpoint
import Foundation
import Testing

@testable import Attention

@Suite("Session store") struct SessionStoreTests {
    static let config: ModelConfig = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Fixtures/mixed-original")
        return try! ModelConfig(contentsOf: folder.path)
    }()

    @Test("what is open is promised its memory; a session beyond the budget is refused and changes nothing")
    func budget() throws {
        let bytes = Self.config.sessionBytes(tokensMax: 1000)
        var store = SessionStore(Self.config, budgetBytes: 2 * bytes)
        #expect(try store.open(1, tokensMax: 1000) == bytes)
        #expect(try store.open(2, tokensMax: 1000) == bytes)
        #expect(throws: AttentionError.memory(needed: bytes, free: 0, budget: 2 * bytes)) {
            try store.open(3, tokensMax: 1000)
        }
        let wasOpen = store.close(1), isStillOpen = store.close(1)
        #expect(wasOpen && !isStillOpen)
        #expect(store.reservedBytes == bytes)
        _ = try store.open(3, tokensMax: 1000)
        let closed = store.closeAll(of: 0)
        #expect(closed == 2)
        #expect(store.reservedBytes == 0)
    }

    @Test("a call must continue its session where it stands, within its length")
    func positions() throws {
        var store = SessionStore(Self.config, budgetBytes: 1 << 30)
        _ = try store.open(7, tokensMax: 10)
        #expect(throws: AttentionError.sessionExists(7)) { try store.open(7, tokensMax: 10) }
        #expect(throws: AttentionError.unknownSession(8)) { try store.session(8, layer: 0, start: 0, count: 1) }
        #expect(throws: AttentionError.position(session: 7, layer: 0, expected: 0, found: 3)) {
            try store.session(7, layer: 0, start: 3, count: 1)
        }
        #expect(throws: AttentionError.length(11, limit: 10)) { try store.session(7, layer: 0, start: 0, count: 11) }
        #expect(throws: AttentionError.length(0, limit: 10)) { try store.session(7, layer: 0, start: 0, count: 0) }
        _ = try store.session(7, layer: 0, start: 0, count: 10)
    }

    @Test(
        "lengths that no memory holds are refused, not multiplied",
        arguments: [0, Int.max, SessionLimits.tokensMax + 1])
    func lengths(tokens: Int) {
        var store = SessionStore(Self.config, budgetBytes: 1 << 30)
        #expect(throws: AttentionError.length(tokens, limit: SessionLimits.tokensMax)) {
            try store.open(1, tokensMax: tokens)
        }
    }

    @Test("an open session grows within the budget, keeps what it had where there is no room, and gives all of it back")
    func growing() throws {
        let page = ModelConfig.keyValuePageLength
        let (one, two, three) = (
            Self.config.sessionBytes(tokensMax: page), Self.config.sessionBytes(tokensMax: 2 * page),
            Self.config.sessionBytes(tokensMax: 3 * page)
        )
        var store = SessionStore(Self.config, budgetBytes: two)
        _ = try store.open(1, tokensMax: page)
        #expect(throws: AttentionError.length(page + 1, limit: page)) {
            try store.session(1, layer: 0, start: 0, count: page + 1)
        }
        #expect(try store.grow(1, tokensMax: page + 1) == two)
        _ = try store.session(1, layer: 0, start: 0, count: page + 1)
        #expect(try store.grow(1, tokensMax: 3) == two, "fewer than before change nothing")
        #expect(throws: AttentionError.memory(needed: three - two, free: 0, budget: two)) {
            try store.grow(1, tokensMax: 3 * page)
        }
        #expect(store.reservedBytes == two)
        _ = try store.session(1, layer: 0, start: 0, count: page + 1)
        #expect(throws: AttentionError.unknownSession(2)) { try store.grow(2, tokensMax: 1) }
        #expect(throws: AttentionError.length(Int.max, limit: SessionLimits.tokensMax)) {
            try store.grow(1, tokensMax: .max)
        }
        let wasOpen = store.close(1)
        #expect(wasOpen && store.reservedBytes == 0)
        #expect(one < two)
    }

    @Test("routers do not see each other's sessions, whatever their numbers")
    func routers() throws {
        let bytes = Self.config.sessionBytes(tokensMax: 10)
        var store = SessionStore(Self.config, budgetBytes: 3 * bytes)
        for router in [1, 2] as [UInt64] { _ = try store.open(SessionKey(router: router, id: 7), tokensMax: 10) }
        #expect(throws: AttentionError.unknownSession(7)) { try store.session(SessionKey(router: 3, id: 7)) }
        #expect(store.bytes(ofOthersThan: 1) == bytes)
        #expect(store.bytes(ofOthersThan: 3) == 2 * bytes)
        let closed = (store.closeAll(of: 3), store.closeAll(of: 1))
        #expect(closed == (0, 1))
        _ = try store.session(SessionKey(router: 2, id: 7))
    }
}

extension SessionKey: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(router: 0, id: value) }
}

@Suite("Leases of routers") struct RouterLeasesTests {
    @Test("a router that is heard of keeps its sessions; one that is silent is told once")
    func leases() {
        var leases = RouterLeases()
        let step = RouterLeases.length * 0.75
        for index in 0 ... 10 {
            leases.heard(1, at: step * index)
            if index == 0 { leases.heard(2, at: .zero) }
            let expired = leases.expired(at: step * index)
            #expect(expired == (index == 2 ? [2] : []), "after \(step * index)")
        }
        leases.heard(2, at: step * 10)
        let expired = leases.expired(at: step * 11)
        #expect(expired.isEmpty)
    }
}
