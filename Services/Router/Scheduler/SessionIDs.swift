internal import Logging
internal import Synchronization

/// Names sessions, and has those closed that nobody needs any more: a request that was cancelled cannot wait for the answer itself.
final class SessionIDs: Sendable {
    private let last = Atomic<UInt64>(0)
    private let discarded: AsyncStream<UInt64>
    private let discard: AsyncStream<UInt64>.Continuation

    init() { (discarded, discard) = AsyncStream.makeStream() }

    func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }

    func discard(_ session: UInt64) { discard.yield(session) }

    /// Closes discarded sessions for as long as the router lives.
    func closeDiscarded(at attention: AttentionClient, _ logger: Logger) async {
        for await session in discarded {
            do {
                try await attention.close([session])
            } catch {
                // A restarted attention service has forgotten it anyway; a connected one is told to drop all at the next start.
                logger.info("session not closed", metadata: ["session": "\(session)", "error": "\(error)"])
            }
        }
    }
}
