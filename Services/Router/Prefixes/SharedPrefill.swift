internal import Messages

/// Requests that share a prefix and arrive together compute it once: the later ones wait until the first has kept a
/// state of what they share.
enum SharedPrefill {
    /// A sequence whose prompt is being computed.
    struct Running: Sendable {
        let id: SequenceID
        /// How many leading tokens its prompt shares with that of the sequence that would begin.
        let shared: Int
        /// How many of its tokens are computed.
        let carried: Int
        /// Where its state will be kept, ascending.
        let keepPoints: [Int]
    }

    /// What to wait for.
    struct Wait: Sendable, Equatable {
        let id: SequenceID
        /// Where that sequence's state must be kept in addition; nil: where it will be kept anyway is enough.
        var keepAt: Int?
    }

    /// Waiting must save this many tokens.
    static let savedMin = 128

    /// Whether a sequence should wait for a running one instead of computing what they share a second time.
    ///
    /// - Parameters:
    ///   - promptCount: tokens of the sequence's prompt, the last of which must be computed in any case.
    ///   - reused: how many of them it could begin with at once.
    /// - Returns: what saves most; of equals the first.
    static func wait(promptCount: Int, reused: Int, beside running: [Running]) -> Wait? {
        var best: (wait: Wait, reused: Int)?
        for other in running {
            let shared = min(other.shared, promptCount - 1)
            guard shared - reused >= savedMin else { continue }
            let (wait, reach) = offer(of: other, shared: shared)
            if reach - reused >= savedMin, reach > best?.reused ?? 0 { best = (wait, reach) }
        }
        return best?.wait
    }

    /// How much of the shared tokens a state of this sequence could save.
    private static func offer(of other: Running, shared: Int) -> (Wait, reach: Int) {
        let planned =
            other.keepPoints.filter { $0 >= other.carried && PrefixTree.border($0) <= shared }
            .map { min($0, shared) }.max() ?? 0
        guard planned < shared, other.carried < shared else { return (Wait(id: other.id), planned) }
        return (Wait(id: other.id, keepAt: shared), shared)
    }
}
