import NIOCore
import Synchronization

/// What a connection is doing: written on its event loop, read by the server from others.
final class ConnectionActivity: Sendable {
    private let opened = NIODeadline.now()
    private let calls = Atomic<Int>(0)
    /// When its last call ended, in nanoseconds; 0: there was none.
    private let lastEnd = Atomic<UInt64>(0)

    func callBegan(now count: Int) { calls.store(count, ordering: .relaxed) }

    func callEnded(now count: Int, at now: NIODeadline) {
        lastEnd.store(now.uptimeNanoseconds, ordering: .relaxed)
        calls.store(count, ordering: .relaxed)
    }

    func use(peer: String?) -> ConnectionPlaces.Use {
        let lastEnd = lastEnd.load(ordering: .relaxed)
        return ConnectionPlaces.Use(
            peer: peer, isBusy: calls.load(ordering: .relaxed) > 0, hasServed: lastEnd > 0,
            since: lastEnd > 0 ? .uptimeNanoseconds(lastEnd) : opened)
    }
}
