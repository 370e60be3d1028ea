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
    /// When it must have ended, on the scheduler's clock.
    var deadline: Duration?

    var tokensMax: Int { promptCount + answerMax }
}
