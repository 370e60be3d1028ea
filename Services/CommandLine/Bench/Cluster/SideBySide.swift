internal import Synchronization

/// Tells when all streams of a group have generated so many tokens while none of them was still waiting for its first.
final class SideBySide: Sendable {
    private struct Counts {
        /// How many streams have no token yet.
        var waiting: Int
        /// How many streams have not yet brought enough tokens since all had begun.
        var behind: Int
        /// How many tokens each stream has brought since all had begun.
        var tokens: [Int]
    }
    private let enough: Int
    private let onAllBegun: @Sendable () -> Void
    private let counts: Mutex<Counts>

    /// - Parameter onAllBegun: called once, when no stream waits for its first token any more.
    init(streams: Int, tokens: Int, onAllBegun: @escaping @Sendable () -> Void = {}) {
        enough = tokens
        self.onAllBegun = onAllBegun
        counts = Mutex(Counts(waiting: streams, behind: streams, tokens: Array(repeating: 0, count: streams)))
    }

    /// Notes a token of a stream. - Returns: whether all have enough.
    func note(stream: Int, isFirst: Bool) -> Bool {
        let (isBegin, isEnd) = counts.withLock { counts in
            if isFirst { counts.waiting -= 1 }
            guard counts.waiting == 0 else { return (false, false) }
            counts.tokens[stream] += 1
            if counts.tokens[stream] == enough { counts.behind -= 1 }
            return (isFirst, counts.behind == 0)
        }
        if isBegin { onAllBegun() }
        return isEnd
    }
}
