/// What was reused and kept since somebody last asked.
struct PrefixCounts: Sendable, Equatable {
    /// Sequences that began from a kept state with all that was known of their prompt.
    var fullHits = 0
    /// Those that began from a kept state although clearly more of their prompt was known.
    var partialHits = 0
    /// Sequences that reused nothing, or less than was known.
    var misses: [MissReason: Int] = [:]
    var tokensReused = 0
    var secondsSaved = 0.0
    var statesKept = 0
    var statesNotKept = 0
    var statesGone = 0

    /// A sequence has begun.
    mutating func note(_ match: PrefixMatch, _ rate: PrefillRate) {
        if match.reused > 0 {
            if match.miss == nil { fullHits += 1 } else { partialHits += 1 }
        }
        if let miss = match.miss { misses[miss, default: 0] += 1 }
        tokensReused += match.reused
        secondsSaved += rate.seconds(match.reused)
    }
}
