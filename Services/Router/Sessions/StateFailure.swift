internal import Transport

/// Why something could not be done with a kept state.
enum StateFailure: Error, Equatable {
    /// It is not kept any more.
    case gone
    /// There is no memory or no disk for it; the sentence tells how much was needed.
    case noRoom(String)
    /// The file that arrived is no state that this cluster could have computed; the sentence says why.
    case refused(String)
    /// No replica that takes states has an attention service of this name.
    case noMember(String)
    /// It is being moved already.
    case moving
    /// There is no other replica that it could go to.
    case nowhere
    /// The attention service does not answer, or is another one than before.
    case unavailable
    /// It is somebody's fault in the cluster; for the log.
    case failed(String)

    /// From the answer of the attention service, whose sentences name no host and no path.
    init(_ error: RPCError) {
        self =
            switch error.code {
            case .notFound: .gone
            case .resourceExhausted: .noRoom(error.message)
            case .invalidArgument: .refused(error.message)
            case .unavailable, .deadlineExceeded, .cancelled, .failedPrecondition: .unavailable
            case .protocolError, .internalError: .failed(error.message)
            }
    }
}
