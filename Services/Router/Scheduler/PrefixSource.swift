internal import Messages

/// What the scheduler asks about the tokens of sequences, which it does not know itself.
protocol PrefixSource {
    /// How a sequence that is next could begin.
    ///
    /// - Parameters:
    ///   - replicas: where it may begin.
    ///   - running: all sequences that run there.
    ///   - keeps: states that will be kept there by the next plan.
    func beginning(
        of entry: Scheduler.Entry, on replicas: Set<ReplicaID>, beside running: [Scheduler.Entry],
        after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning

    /// The order to keep a sequence's live state; nil where that is not worth it.
    ///
    /// - Parameters:
    ///   - replica: where the live state is.
    ///   - length: how many tokens the live state has.
    ///   - since: how many of them the longest state has that is kept of the same tokens.
    ///   - closes: whether the sequence is over.
    func keep(_ id: SequenceID, on replica: ReplicaID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep?
}

/// How a sequence begins.
enum SequenceBeginning: Sendable, Equatable {
    /// At once.
    case now(SequenceStarts)
    /// A running sequence computes what both share, or has just done so; this one begins when that is kept.
    case wait(SharedPrefill.Wait)
}

/// How a sequence could begin at once, replica by replica.
struct SequenceStarts: Sendable, Equatable {
    /// Where something of its tokens is kept.
    var known: [ReplicaID: SequenceStart] = [:]
    /// On any other replica.
    var unknown = SequenceStart()

    subscript(replica: ReplicaID) -> SequenceStart { known[replica] ?? unknown }
}

/// How a sequence could begin on one replica.
struct SequenceStart: Sendable, Equatable {
    /// What it begins with.
    var match = PrefixMatch()
    /// Positions of its prompt where its state is then kept, ascending.
    var keepAt: [Int] = []
    /// How long it would take to compute what it begins with.
    var saved = Duration.zero
}

/// Nothing is reused, and nothing kept.
struct NoPrefixes: PrefixSource {
    func beginning(
        of entry: Scheduler.Entry, on replicas: Set<ReplicaID>, beside running: [Scheduler.Entry],
        after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning {
        .now(SequenceStarts())
    }

    func keep(_ id: SequenceID, on replica: ReplicaID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep? { nil }
}
