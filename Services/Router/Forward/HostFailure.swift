internal import Transport

/// A host did not answer a call, or answered it wrongly.
struct HostFailure: Error {
    enum Kind {
        /// Its connection is lost.
        case gone
        /// The call's deadline has passed.
        case late
        /// It does not hold what it was asked for.
        case lacking
        /// It has no room for the call at the moment.
        case busy
        /// Its answer cannot be right, or it took the call for a wrong one.
        case wrong

        init(_ code: RPCError.Code) {
            self =
                switch code {
                case .deadlineExceeded: .late
                case .unavailable, .cancelled: .gone
                case .notFound: .lacking
                case .resourceExhausted: .busy
                case .invalidArgument, .failedPrecondition, .protocolError, .internalError: .wrong
                }
        }
    }

    let kind: Kind
    /// What is logged, and thrown where nobody else can be asked; names the host.
    let error: ClusterError
}
