internal import Metrics

/// What the engine tells about the reuse of prefixes.
struct PrefixMetrics: Sendable {
    private let fullHits = Counter(label: "minimax_prefix_hits_total", dimensions: [("kind", "full")])
    private let partialHits = Counter(label: "minimax_prefix_hits_total", dimensions: [("kind", "partial")])
    private let misses = MissReason.allCases.map { reason in
        (reason, Counter(label: "minimax_prefix_misses_total", dimensions: [("reason", reason.rawValue)]))
    }
    private let tokensReused = Counter(label: "minimax_prefix_tokens_reused_total")
    private let secondsSaved = FloatingPointCounter(label: "minimax_prefix_seconds_saved_total")
    private let tokensRemembered = Gauge(label: "minimax_prefix_tokens_remembered")
    private let states = Gauge(label: "minimax_states_available")
    private let statesKept = Counter(label: "minimax_states_kept_total")
    private let statesNotKept = Counter(label: "minimax_states_not_kept_total")
    private let statesGone = Counter(label: "minimax_states_gone_total")

    func record(_ counts: PrefixCounts) {
        fullHits.increment(by: counts.fullHits)
        partialHits.increment(by: counts.partialHits)
        for (reason, counter) in misses { counter.increment(by: counts.misses[reason] ?? 0) }
        tokensReused.increment(by: counts.tokensReused)
        secondsSaved.increment(by: counts.secondsSaved)
        statesKept.increment(by: counts.statesKept)
        statesNotKept.increment(by: counts.statesNotKept)
        statesGone.increment(by: counts.statesGone)
    }

    /// How much the book of prefixes holds.
    func record(states: Int, tokens: Int) {
        self.states.record(states)
        tokensRemembered.record(tokens)
    }
}
