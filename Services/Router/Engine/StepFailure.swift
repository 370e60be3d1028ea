internal import Messages
internal import Transport

/// What an error of a step, or of a call about one sequence, means for the sequences it concerns.
enum StepFailure: Equatable {
    /// The attention service was lost, or has forgotten states: they are computed again from the sequences' tokens.
    case stateLost
    /// The same, before the replica was asked: none of the sequences can be the reason.
    case replicaGone
    /// One of the sequences may be the reason: each is tried alone.
    case suspicious
    /// All have waited for what is missing, and it did not come.
    case hopeless

    /// Whether states are gone, and nobody is known to be the reason.
    var isLoss: Bool { self == .stateLost || self == .replicaGone }

    init(_ error: any Error) {
        self =
            switch error {
            case let error as RPCError: StepFailure(error.code)
            case is ReplicaGone: .replicaGone
            case ClusterError.notHeld: .hopeless
            case ClusterError.expertHost(_, let error): StepFailure(error.code) == .stateLost ? .hopeless : .suspicious
            default: .suspicious
            }
    }

    private init(_ code: RPCError.Code) {
        self =
            switch code {
            case .unavailable, .deadlineExceeded, .cancelled, .notFound, .failedPrecondition: .stateLost
            case .resourceExhausted, .invalidArgument, .protocolError, .internalError: .suspicious
            }
    }
}

/// What becomes of a step's sequences after it has failed. Nobody knows how far it came on any replica of attention.
/// Those that do not fail begin anew with all their tokens, which leads to the same bytes.
struct Recovery: Equatable {
    /// They fail with the step's error.
    let failed: [SequenceID]
    /// How many begin anew.
    let restartedCount: Int
    /// The connection to the attention service is about to be found broken: until then no step would come further.
    let waitsForNews: Bool

    /// - Parameters:
    ///   - ids: of the sequences that had rows in the step.
    ///   - replica: the one that made it fail, whose sequences alone may be the reason; nil: nobody knows.
    ///   - scheduler: is told who begins anew, and who of them has to run alone; those that fail are still there.
    init(
        of ids: [SequenceID], from failure: StepFailure, on replica: ReplicaID? = nil, _ scheduler: inout Scheduler
    ) {
        failed =
            failure == .hopeless
            ? ids
            : scheduler.failed(
                ids, isolating: failure == .suspicious, counts: failure != .replicaGone, on: replica)
        restartedCount = ids.count - failed.count
        waitsForNews = failure == .stateLost
    }
}
