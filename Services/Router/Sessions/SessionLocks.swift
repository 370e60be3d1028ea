internal import Records
internal import Synchronization

/// Which sessions a request of this router is at work on. What others change meanwhile shows in the session's version.
final class SessionLocks: Sendable {
    private let held = Mutex<Set<SessionID>>([])

    /// Nil: another request is at work on it.
    func take(_ id: SessionID) -> Lock? {
        held.withLock { $0.insert(id).inserted } ? Lock(id, self) : nil
    }

    private func free(_ id: SessionID) { held.withLock { _ = $0.remove(id) } }

    /// The right to change a session; ends with `release`, or with this object.
    final class Lock: Sendable {
        private let id: SessionID
        private let locks: SessionLocks
        private let isHeld = Mutex(true)

        fileprivate init(_ id: SessionID, _ locks: SessionLocks) {
            (self.id, self.locks) = (id, locks)
        }

        deinit { release() }

        /// Lets the next one in; of no effect the second time.
        func release() {
            let wasHeld = isHeld.withLock { isHeld in
                defer { isHeld = false }
                return isHeld
            }
            if wasHeld { locks.free(id) }
        }
    }
}
