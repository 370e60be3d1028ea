internal import Messages

/// What the scheduler asks about the tokens of sequences, which it does not know itself.
protocol PrefixSource {
    /// How a sequence that is next could begin.
    ///
    /// - Parameters:
    ///   - running: all sequences that run.
    ///   - keeps: states that will be kept by the next plan.
    func beginning(
        of entry: Scheduler.Entry, beside running: [Scheduler.Entry], after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning

    /// The order to keep a sequence's live state; nil where that is not worth it.
    ///
    /// - Parameters:
    ///   - length: how many tokens the live state has.
    ///   - since: how many of them the longest state has that is kept of the same tokens.
    ///   - closes: whether the sequence is over.
    func keep(_ id: SequenceID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep?
}

/// How a sequence begins.
enum SequenceBeginning: Sendable, Equatable {
    /// At once, with as many tokens as the match says; its state is then kept at these positions of its prompt.
    case now(PrefixMatch, keepAt: [Int])
    /// A running sequence computes what both share, or has just done so; this one begins when that is kept.
    case wait(SharedPrefill.Wait)
}

/// Nothing is reused, and nothing kept.
struct NoPrefixes: PrefixSource {
    func beginning(
        of entry: Scheduler.Entry, beside running: [Scheduler.Entry], after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning {
        .now(PrefixMatch(), keepAt: [])
    }

    func keep(_ id: SequenceID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep? { nil }
}
