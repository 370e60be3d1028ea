internal import Transport

/// What an error of a step, or of a call about one sequence, means for the sequences it concerns.
enum StepFailure: Equatable {
    /// The attention service was lost, or has forgotten states: they are computed again from the sequences' tokens.
    case stateLost
    /// One of the sequences may be the reason: each is tried alone.
    case suspicious
    /// All have waited for what is missing, and it did not come.
    case hopeless

    init(_ error: any Error) {
        self = switch error {
        case let error as RPCError: StepFailure(error.code)
        case ClusterError.notHeld: .hopeless
        case ClusterError.expertHost(_, let error): StepFailure(error.code) == .stateLost ? .hopeless : .suspicious
        default: .suspicious
        }
    }

    private init(_ code: RPCError.Code) {
        self = switch code {
        case .unavailable, .deadlineExceeded, .cancelled, .notFound, .failedPrecondition: .stateLost
        case .resourceExhausted, .invalidArgument, .protocolError, .internalError: .suspicious
        }
    }
}
