internal import Messages

/// What is known about the beginning of a prompt.
struct PrefixMatch: Sendable, Equatable {
    /// The kept state to begin from; `.none` where there is none.
    var state = StateID.none
    /// How many of the prompt's tokens need not be computed, since that state has them.
    var reused = 0
    /// How many of the prompt's leading tokens were computed before, whether or not a state of them is kept.
    var matched = 0
    /// Why clearly less is reused than was computed before, or nothing at all; nil where all that could be is reused.
    var miss: MissReason?
}

/// Why a prompt's known beginning was not reused, or not all of it.
enum MissReason: String, Sendable, CaseIterable {
    /// No prompt has begun like this before.
    case unknown
    /// Only states that are kept for others begin like this: of another API key, or with another salt.
    case otherScope = "other_scope"
    /// The tokens were computed before, but no state was kept there.
    case notKept = "not_kept"
    /// A state was kept there, and has been evicted since.
    case evicted
    /// States are kept only beyond the point where this prompt parts from those before it.
    case parted
}
