internal import Synchronization

/// Tells when calls come to a rest.
final class CallRest: Sendable {
    private struct Seen {
        var calls = 0
        var isResting = true
    }
    private let seen = Mutex(Seen())

    /// To be called now and then.
    ///
    /// - Parameter calls: how many there have been.
    /// - Returns: whether there was none since the last time, but some before that.
    func begins(calls: Int) -> Bool {
        seen.withLock { seen in
            let rests = calls == seen.calls
            defer { seen = Seen(calls: calls, isResting: rests) }
            return rests && !seen.isResting
        }
    }
}
