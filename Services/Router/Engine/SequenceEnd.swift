internal import Transport

/// How a sequence ends, as its client is told.
enum SequenceEnd: Sendable {
    case finished(FinishReason)
    /// The error is a `GenerationError` wherever its cause is one that can be foreseen.
    case failed(any Error)

    /// A step, or a call about this sequence, failed for good.
    ///
    /// - Parameter ending: why the router ends without finishing what it has begun; nil where it does not. Then this is
    ///   what clients hear, whatever the router's end has led to.
    static func failed(by error: any Error, ending: String?) -> SequenceEnd {
        if let ending { return .failed(GenerationError.unavailable(ending)) }
        return switch error {
        case let error as RPCError: .failed(GenerationError(error))
        case let error as ClusterError: .failed(GenerationError(error))
        default: .failed(error)
        }
    }

    /// The request's own timeout has passed.
    static func expired(_ timeout: Duration, _ progress: SequenceProgress) -> SequenceEnd {
        let stage =
            progress.begun == nil
            ? "while it waited for its turn"
            : progress.generated.isEmpty ? "while its prompt was read" : "after \(progress.generated.count) tokens"
        let sentence = "the request's timeout of \(timeout / .seconds(1)) s passed \(stage)"
        return .failed(GenerationError.deadline(sentence))
    }

    /// There is no memory for a further token: an answer that has begun ends here.
    ///
    /// - Parameter tokensMax: most tokens of prompt and answer together that there is memory for.
    static func outgrown(promptCount: Int, _ progress: SequenceProgress, tokensMax: Int) -> SequenceEnd {
        progress.generated.isEmpty
            ? .failed(GenerationError.promptTooLarge(promptCount, tokensMax: tokensMax)) : .finished(.length)
    }
}

extension GenerationError {
    /// - Parameter tokensMax: most tokens of prompt and answer together that there is memory for.
    static func promptTooLarge(_ promptCount: Int, tokensMax: Int) -> GenerationError {
        .tooLarge("the prompt has \(promptCount) tokens, and the attention service has memory for \(tokensMax)")
    }

    /// What the client is told of a failed call to the attention service; it names no host.
    init(_ error: RPCError) {
        self =
            switch error.code {
            case .resourceExhausted:
                .overloaded(
                    "there is no memory for another sequence of this length; try again later", retryAfter: .seconds(5))
            case .unavailable, .deadlineExceeded, .cancelled:
                .lost("the attention service did not answer; send the request again")
            case .notFound:
                .lost(
                    "the state of this request was lost with a restart of the attention service; send the request again"
                )
            case .invalidArgument, .failedPrecondition, .protocolError, .internalError:
                .failed("the attention service refused a step of this request")
            }
    }

    /// What the client is told of a failed step; it names no host.
    init(_ error: ClusterError) {
        self =
            switch error {
            case .notHeld: .unavailable("no expert host holds all that this request needs; try again later")
            case .expertHost(_, let error) where [.unavailable, .deadlineExceeded, .cancelled].contains(error.code):
                .lost("an expert host was lost while it worked on this request; send the request again")
            case .expertHost, .answer: .failed("a process of the cluster answered wrongly")
            }
    }
}
