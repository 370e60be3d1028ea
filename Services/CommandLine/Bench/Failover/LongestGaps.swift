/// The longest time between two tokens of the same stream, in seconds: up to an event, and from then on.
struct LongestGaps: Sendable, Equatable {
    let before: Double
    let after: Double

    var growth: Double { after - before }

    /// - Parameters:
    ///   - streams: when each token of each of them came, in seconds.
    ///   - begin: gaps that begin earlier do not count.
    ///   - event: the gap in which it happens counts to those after it.
    /// - Returns: nil where there is no gap on one of the sides.
    init?(_ streams: [[Double]], since begin: Double = -.infinity, event: Double) {
        var before: Double?, after: Double?
        for tokens in streams {
            for (start, end) in zip(tokens, tokens.dropFirst()) where start >= begin {
                if end <= event { before = max(before ?? 0, end - start) } else { after = max(after ?? 0, end - start) }
            }
        }
        guard let before, let after else { return nil }
        (self.before, self.after) = (before, after)
    }
}
