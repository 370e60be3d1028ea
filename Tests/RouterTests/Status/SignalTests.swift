import Testing

@testable import Router

@Suite("Signal") struct SignalTests {
    @Test("of several values that were sent before anyone looked, the newest is seen, and once")
    func newest() async {
        let signal = Signal<Int>()
        for value in 1 ... 5 { signal.send(value) }
        var values = signal.values.makeAsyncIterator()
        #expect(await values.next() == 5)
        signal.send(6)
        #expect(await values.next() == 6)
    }

    @Test("who waits after something was sent does not wait", .timeLimit(.minutes(1)))
    func sentBefore() async {
        let signal = Signal<Void>()
        signal.send()
        await signal.wait()
    }

    @Test("who waits is woken, and by cancellation too", .timeLimit(.minutes(1)), arguments: [false, true])
    func waiting(isCancelled: Bool) async {
        let signal = Signal<Void>()
        let task = Task { await signal.wait() }
        await Task.yield()
        if isCancelled { task.cancel() } else { signal.send() }
        await task.value
    }
}
