internal import Synchronization

/// What became of kept states, for metrics.
final class KeeperCounts: Sendable {
    let movedToDisk = Atomic(0), evicted = Atomic(0), loaded = Atomic(0)
    /// Calls that computed something.
    let calls = Atomic(0)

    func note(_ leaving: StateStore.Leaving) {
        switch leaving {
        case .movedToDisk: movedToDisk.add(1, ordering: .relaxed)
        case .evicted: evicted.add(1, ordering: .relaxed)
        case .stayed: break
        }
    }
}
