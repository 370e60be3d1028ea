internal import Checkpoint

/// How urgent a request is, as its client says. In the queue it counts as one class more urgent for every
/// `Scheduler.Limits.ageing` since its arrival, so that none waits for ever.
enum Priority: Int, Sendable, CaseIterable, Comparable {
    case low, normal, high

    static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
}

/// What a sequence asks of the cluster, as far as scheduling goes.
struct Demand: Sendable, Equatable {
    /// Whose it is: an index into `Scheduler.Limits.weights`.
    var account = 0
    var priority = Priority.normal
    /// Tokens of the prompt, at least one.
    var promptCount: Int
    /// Most tokens of the answer.
    var answerMax: Int
    /// What its state takes in the attention service, by its length.
    var state: SessionSize
    /// When it must have ended, on the scheduler's clock.
    var deadline: Duration?

    var tokensMax: Int { promptCount + answerMax }
}

/// What the next step does, in this order.
struct StepPlan: Sendable, Equatable {
    /// New rows of one sequence.
    struct Rows: Sendable, Equatable {
        let id: UInt64
        /// Position of the first row.
        let start: Int
        let count: Int
        /// The rows are the prompt's last or come after it: a token follows.
        let yieldsToken: Bool
    }

    /// Sequences whose deadline has passed; they are gone already.
    var expired: [UInt64] = []
    /// Sessions nobody needs any more.
    var closes: [UInt64] = []
    /// Sessions that go to disk, to make room.
    var parks: [UInt64] = []
    /// Sequences for which there is no more memory, however long they wait; they are gone already.
    var outgrown: [UInt64] = []
    /// Sessions that get memory for more positions: how many each may reach from now on.
    var grows: [UInt64: Int] = [:]
    /// How many of the closed sessions belong to sequences that wait to begin anew, since they had to make room.
    var drops = 0
    /// Sessions that come back from disk, with the positions each may reach.
    var resumes: [UInt64: Int] = [:]
    /// Sessions that begin, with the positions each may reach.
    var opens: [UInt64: Int] = [:]
    /// One row for each sequence that generates, then pieces of prompts: packed, nothing is padded.
    var rows: [Rows] = []
    /// How many of the rows belong to sequences that generate: the first ones.
    var generatingCount = 0

    var isEmpty: Bool { self == StepPlan() }
    var rowCount: Int { rows.reduce(0) { $0 + $1.count } }
    var promptRowCount: Int { rowCount - generatingCount }
}
