@testable import Router
import Synchronization
import Testing

@Suite("Admission") struct AdmissionTests {
    /// Opens once.
    private final class Gate: Sendable {
        private let stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation
        init() { (stream, continuation) = AsyncStream.makeStream() }
        func open() { continuation.finish() }
        func wait() async { for await _ in stream {} }
    }

    private final class Log: Sendable {
        let most = Mutex(0)
        let order = Mutex<[Int]>([])
    }

    @Test("no more run at once than may, and those who wait run in order")
    func limit() async throws {
        let admission = Admission(runningMax: 2, waitingMax: 10)
        let log = Log()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let gate = Gate()
            for index in 0 ..< 8 {
                tasks.addTask {
                    try await admission.withPlace {
                        log.most.withLock { $0 = max($0, admission.counts.running) }
                        log.order.withLock { $0.append(index) }
                        if index < 2 { await gate.wait() }
                    }
                }
                while admission.counts != (min(index + 1, 2), max(0, index - 1)) { await Task.yield() }
            }
            gate.open()
            try await tasks.waitForAll()
        }
        #expect(log.most.withLock { $0 } == 2)
        #expect(log.order.withLock { Array($0.dropFirst(2)) } == [2, 3, 4, 5, 6, 7])
        #expect(admission.counts == (0, 0))
    }

    @Test("beyond those who may wait, the answer is overloaded at once")
    func overload() async throws {
        let admission = Admission(runningMax: 1, waitingMax: 0)
        try await admission.withPlace {
            _ = await #expect(throws: GenerationError.self) { try await admission.withPlace {} }
        }
        try await admission.withPlace {}
        #expect(admission.counts == (0, 0))
    }

    @Test("who is cancelled while waiting gives up the place in the queue")
    func cancellation() async throws {
        let admission = Admission(runningMax: 1, waitingMax: 5)
        try await admission.withPlace {
            let waiter = Task { try await admission.withPlace { Issue.record("ran though cancelled") } }
            while admission.counts.waiting == 0 { await Task.yield() }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            #expect(admission.counts == (1, 0))
        }
        #expect(admission.counts == (0, 0))
    }
}
