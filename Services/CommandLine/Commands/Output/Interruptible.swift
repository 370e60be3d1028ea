internal import ArgumentParser
internal import UnixSignals

/// Runs `work` so that SIGINT, SIGTERM or SIGHUP cancels it.
///
/// - Throws: what `work` throws; after a signal, once `work` has ended, the exit code by which a shell knows Ctrl-C.
func interruptible<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    return try await withThrowingTaskGroup(of: R?.self) { tasks in
        tasks.addTask { try await work() }
        tasks.addTask {
            for await _ in signals { break }
            return nil
        }
        defer { tasks.cancelAll() }
        if let result = try await tasks.next() ?? nil { return result }
        tasks.cancelAll()
        _ = await tasks.nextResult()
        throw ExitCode(130)
    }
}
