internal import Messages

/// What is known about the beginning of a prompt, for a sequence that begins on one replica.
struct PrefixMatch: Sendable, Equatable {
    /// Where the kept state to begin from is; `.none` where there is none.
    var replica = ReplicaID.none
    /// The kept state to begin from; `.none` where there is none.
    var state = StateID.none
    /// How many of the prompt's tokens need not be computed, since that state has them.
    var reused = 0
    /// How many of the prompt's leading tokens were computed before, whether or not a state of them is kept.
    var matched = 0
    /// Why clearly less is reused than was computed before, or nothing at all; nil where all that could be is reused.
    var miss: MissReason?
}

/// What is known about the beginning of a prompt, replica by replica.
struct PrefixMatches: Sendable, Equatable {
    /// Of each replica that keeps a part of it, the state that saves most.
    var kept: [ReplicaID: PrefixMatch] = [:]
    /// On any other replica.
    var unkept = PrefixMatch()

    /// What saves most; of equals that of the oldest replica.
    var best: PrefixMatch {
        kept.values.max { ($0.reused, $1.replica) < ($1.reused, $0.replica) } ?? unkept
    }
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
    /// A state is kept there, on another replica.
    case elsewhere
    /// States are kept only beyond the point where this prompt parts from those before it.
    case parted
}
