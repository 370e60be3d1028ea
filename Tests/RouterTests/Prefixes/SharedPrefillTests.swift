internal import Messages
internal import Testing

@testable import Router

/// Who waits for whom, where prompts begin alike.
@Suite("Shared prefill") struct SharedPrefillTests {
    private func wait(
        _ running: SharedPrefill.Running..., promptCount: Int = 1000, reused: Int = 0
    ) -> SharedPrefill.Wait? {
        SharedPrefill.wait(promptCount: promptCount, reused: reused, beside: running)
    }

    private func running(_ id: SequenceID, shared: Int, carried: Int = 0, keep: [Int] = []) -> SharedPrefill.Running {
        SharedPrefill.Running(id: id, shared: shared, carried: carried, keepPoints: keep)
    }

    @Test("nobody waits without a common beginning that is long enough")
    func short() {
        #expect(wait() == nil)
        #expect(wait(running(1, shared: 127)) == nil)
        #expect(wait(running(1, shared: 500), reused: 400) == nil)
    }

    @Test("the other keeps a state where the two part, unless it does so anyway")
    func keepAt() {
        #expect(wait(running(1, shared: 500, keep: [300, 900])) == .init(id: 1, keepAt: 500))
        #expect(wait(running(1, shared: 500, keep: [500])) == .init(id: 1))
        #expect(wait(running(1, shared: 500, keep: [505])) == .init(id: 1), "a state that can be cut back to it")
        #expect(wait(running(1, shared: 500, keep: [512])) == .init(id: 1, keepAt: 500), "the next block")
    }

    @Test("one that has computed more than is shared is waited for only if its state will still serve")
    func passed() {
        #expect(wait(running(1, shared: 500, carried: 500)) == nil)
        #expect(wait(running(1, shared: 500, carried: 505, keep: [510])) == .init(id: 1))
        #expect(wait(running(1, shared: 500, carried: 505, keep: [900])) == nil)
        let pending = wait(running(1, shared: 500, carried: 500, keep: [500]))
        #expect(pending == .init(id: 1), "its state is being kept")
    }

    @Test("the same prompt is shared up to its last token")
    func same() {
        #expect(wait(running(1, shared: 1000, keep: [1000])) == .init(id: 1))
        #expect(wait(running(1, shared: 1024, keep: [1024]), promptCount: 1024) == .init(id: 1, keepAt: 1023))
    }

    @Test("of several the one that saves most is waited for, of equals the first")
    func best() {
        let running = [
            running(1, shared: 200), running(2, shared: 600), running(3, shared: 600),
            running(4, shared: 900, carried: 950),
        ]
        let wait = SharedPrefill.wait(promptCount: 1000, reused: 0, beside: running)
        #expect(wait == .init(id: 2, keepAt: 600))
    }
}
