import Records
import Testing

@testable import Router

@Suite("Locks of sessions") struct SessionLockTests {
    @Test("one request at a time holds a session, until it lets go or is forgotten")
    func oneAtATime() {
        let locks = SessionLocks(), id = SessionID()
        var first = locks.take(id)
        #expect(first != nil && locks.take(id) == nil && locks.take(SessionID()) != nil)
        first?.release()
        var second = locks.take(id)
        #expect(second != nil)
        first?.release()        // once more: it is another's now
        first = nil
        #expect(locks.take(id) == nil)
        #expect(second != nil)
        second = nil
        let third = locks.take(id)
        #expect(third != nil)
    }
}
