import Synchronization
import Testing

@testable import CommandLineTool

@Suite("Threaded work") struct ThreadedWorkTests {
    struct Failure: Error {}

    @Test("each piece is done once, on any number of threads", arguments: [1, 2, 7])
    func all(threads: Int) async throws {
        let done = Mutex([Int](repeating: 0, count: 500))
        try await ThreadedWork.forEach(500, threads: threads) { piece in done.withLock { $0[piece] += 1 } }
        #expect(done.withLock { $0.allSatisfy { $0 == 1 } })
        try await ThreadedWork.forEach(0, threads: threads) { _ in Issue.record("there is no piece") }
    }

    @Test("the first error ends it")
    func failure() async {
        let done = Atomic(0)
        await #expect(throws: Failure.self) {
            try await ThreadedWork.forEach(1_000_000, threads: 2) { piece in
                done.add(1, ordering: .relaxed)
                if piece == 10 { throw Failure() }
            }
        }
        #expect(done.load(ordering: .relaxed) < 1_000_000)
    }

    @Test("cancelling ends it between two pieces")
    func cancellation() async {
        let begun = AsyncStream<Void>.makeStream()
        let work = Task {
            try await ThreadedWork.forEach(.max / 2, threads: 2) { piece in
                if piece == 0 { begun.continuation.yield() }
            }
        }
        for await _ in begun.stream { break }
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
    }
}
