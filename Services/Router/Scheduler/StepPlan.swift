internal import Messages

/// What the next step does, in this order.
struct StepPlan: Sendable, Equatable {
    /// Sequences whose deadline has passed; they are gone already.
    var expired: [SequenceID] = []
    /// Sequences whose live state nobody needs any more.
    var closes: [ReplicaID: [SequenceID]] = [:]
    /// Kept states that nobody needs any more.
    var discards: [ReplicaID: [StateID]] = [:]
    /// Live states that go to disk, to make room.
    var parks: [Parking] = []
    /// Sequences for which there is no more memory, however long they wait; they are gone already.
    var outgrown: [SequenceID] = []
    /// Sequences that get memory for more positions.
    var grows: [SequenceID: Growth] = [:]
    /// How many sequences lost their state to make room: they wait to begin anew.
    var dropCount = 0
    /// States that are kept before the sequences' next rows, or as their sequences end.
    var keeps: [Keep] = []
    /// Sequences that come back from the state in which they were parked.
    var resumes: [SequenceID: Opening] = [:]
    /// Sequences that begin.
    var opens: [SequenceID: Opening] = [:]
    /// One row for each sequence that generates, then pieces of prompts: packed, nothing is padded.
    var rows: [Rows] = []
    /// How many of the rows belong to sequences that generate: the first ones.
    var generatingCount = 0

    var isEmpty: Bool { self == StepPlan() }
    var rowCount: Int { rows.reduce(0) { $0 + $1.count } }
    var promptRowCount: Int { rowCount - generatingCount }
}

extension StepPlan {
    /// New rows of one sequence.
    struct Rows: Sendable, Equatable {
        let id: SequenceID
        /// Where the sequence's state is.
        let replica: ReplicaID
        /// Position of the first row.
        let start: Int
        let count: Int
        /// The rows are the prompt's last or come after it: a token follows.
        let yieldsToken: Bool
    }

    /// How a sequence gets its live state.
    struct Opening: Sendable, Equatable {
        /// Where the live state will be, and the kept one is.
        let replica: ReplicaID
        /// Positions that it may reach.
        let tokensMax: Int
        /// The kept state that it begins from; `.none`: it begins empty.
        var state = StateID.none
        /// How many of the state's tokens it begins with.
        var length = 0
    }

    /// A live state gets memory for more positions.
    struct Growth: Sendable, Equatable {
        let replica: ReplicaID
        /// Positions that it may reach from now on.
        let tokensMax: Int
    }

    /// A live state becomes a kept one on disk, from which its sequence goes on later.
    struct Parking: Sendable, Equatable {
        let id: SequenceID
        let replica: ReplicaID
        let state: StateID
        /// The state is kept in memory already, and only has to be written.
        var isKept = false
    }

    /// A live state is kept, for later prompts that begin with the same tokens.
    struct Keep: Sendable, Equatable {
        let id: SequenceID
        let replica: ReplicaID
        let state: StateID
        /// The sequence ends with it.
        let closes: Bool
        let scope: PrefixScope
        /// All tokens that the live state has.
        let tokens: [Int32]
        /// How long it would take to compute the state again.
        let worth: Duration
    }
}
