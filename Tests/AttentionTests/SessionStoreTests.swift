@testable import Attention
import Checkpoint
import Foundation
import Testing

@Suite("Session store") struct SessionStoreTests {
    static let config: ModelConfig = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/mixed-original")
        return try! ModelConfig(contentsOf: folder.path)
    }()

    @Test("what is open is promised its memory; a session beyond the budget is refused and changes nothing")
    func budget() throws {
        let bytes = Self.config.sessionBytes(tokensMax: 1000)
        var store = SessionStore(Self.config, budgetBytes: 2 * bytes)
        #expect(try store.open(1, tokensMax: 1000) == bytes)
        #expect(try store.open(2, tokensMax: 1000) == bytes)
        #expect(throws: AttentionError.memory(needed: bytes, free: 0, budget: 2 * bytes)) { try store.open(3, tokensMax: 1000) }
        let wasOpen = store.close(1), isStillOpen = store.close(1)
        #expect(wasOpen && !isStillOpen)
        #expect(store.reservedBytes == bytes)
        _ = try store.open(3, tokensMax: 1000)
        let closed = store.closeAll()
        #expect(closed == 2)
        #expect(store.reservedBytes == 0)
    }

    @Test("a call must continue its session where it stands, within its length")
    func positions() throws {
        var store = SessionStore(Self.config, budgetBytes: 1 << 30)
        _ = try store.open(7, tokensMax: 10)
        #expect(throws: AttentionError.sessionExists(7)) { try store.open(7, tokensMax: 10) }
        #expect(throws: AttentionError.unknownSession(8)) { try store.session(8, layer: 0, start: 0, count: 1) }
        #expect(throws: AttentionError.position(session: 7, layer: 0, expected: 0, found: 3)) { try store.session(7, layer: 0, start: 3, count: 1) }
        #expect(throws: AttentionError.length(11, limit: 10)) { try store.session(7, layer: 0, start: 0, count: 11) }
        #expect(throws: AttentionError.length(0, limit: 10)) { try store.session(7, layer: 0, start: 0, count: 0) }
        _ = try store.session(7, layer: 0, start: 0, count: 10)
    }

    @Test("lengths that no memory holds are refused, not multiplied", arguments: [0, Int.max, SessionLimits.tokensMax + 1])
    func lengths(tokens: Int) {
        var store = SessionStore(Self.config, budgetBytes: 1 << 30)
        #expect(throws: AttentionError.length(tokens, limit: SessionLimits.tokensMax)) { try store.open(1, tokensMax: tokens) }
    }
}
