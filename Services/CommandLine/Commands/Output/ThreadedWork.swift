internal import NIOPosix
internal import Synchronization

/// Independent pieces of blocking work on threads of their own, never on Swift's shared pool.
enum ThreadedWork {
    /// Calls `work` once for each number below `count`, in about that order, on `threads` threads at a time.
    ///
    /// The first error ends it, and so does cancelling the task; pieces that have begun still come to their end.
    static func forEach(_ count: Int, threads: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
        let pieces = Pieces(count: count)
        let pool = NIOThreadPool(numberOfThreads: max(1, threads))
        pool.start()
        let result: Result<Void, any Error>
        do {
            try await withTaskCancellationHandler {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0 ..< max(1, threads) {
                        tasks.addTask { try await pool.runIfActive { try pieces.doAll(work) } }
                    }
                    try await tasks.waitForAll()
                }
            } onCancel: {
                pieces.stop()
            }
            try Task.checkCancellation()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await pool.shutdownGracefully()
        try result.get()
    }

    /// The pieces that nobody has begun yet.
    private final class Pieces: Sendable {
        private let count: Int
        private let next = Atomic<Int>(0)

        init(count: Int) { self.count = count }

        func doAll(_ work: (Int) throws -> Void) throws {
            while case let piece = next.add(1, ordering: .relaxed).oldValue, piece < count {
                do { try work(piece) } catch {
                    stop()
                    throw error
                }
            }
        }

        func stop() { next.store(count, ordering: .relaxed) }
    }
}
