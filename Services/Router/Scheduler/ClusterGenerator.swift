internal import Checkpoint
internal import Logging
internal import Messages
internal import Tensors
internal import Transport

/// Generates sequences on the cluster: one forward pass for each piece of the prompt, then one for each token.
struct ClusterGenerator: Generator {
    let model: ServedModel
    let pass: ForwardPass
    let admission: Admission
    let sessions: SessionIDs
    let status: ClusterStatus
    /// Ids where an answer ends.
    let endTokens: Set<Int32>
    /// Ids that stand for nothing and are never chosen (spec 2.12).
    let suppressed: [Int32]
    /// Most prompt tokens in one pass: bounds the size of messages and how long others wait.
    let prefillTokensMax: Int

    var readiness: GeneratorReadiness { status.missing.map { .notReady($0) } ?? .ready }

    func generate(_ request: GenerationRequest, emit: (GenerationEvent) async throws -> Bool) async throws -> FinishReason {
        if let missing = status.missing { throw GenerationError.unavailable(missing) }
        return try await admission.withPlace {
            do {
                return try await run(request, emit: emit)
            } catch let error as RPCError {
                throw GenerationError(error)
            } catch let error as ClusterError {
                throw GenerationError(error)
            }
        }
    }

    private func run(_ request: GenerationRequest, emit: (GenerationEvent) async throws -> Bool) async throws -> FinishReason {
        let session = sessions.next()
        try await pass.attention.open(session, tokensMax: request.prompt.count + request.tokensMax)
        defer { sessions.discard(session) }

        var logits = try await prefill(request, session: session, emit: emit)
        var sampler = Sampler(request.sampling, prompt: request.prompt, suppressed: suppressed)
        var position = request.prompt.count
        for generated in 0 ..< request.tokensMax {
            try Task.checkCancellation()
            if generated > 0 { position += 1 }
            let token = sampler.next(logits.span)
            if endTokens.contains(token), !request.ignoreEnd { return .stop }
            let logprobs = request.topLogprobs.map { TokenLogprobs(of: token, in: logits.span, alternatives: $0) }
            guard try await emit(.token(token, logprobs)) else { return .stop }
            if generated + 1 < request.tokensMax {
                logits = try await pass.lastLogits(for: Batch(session: session, start: position, tokens: [UInt32(token)]))
            }
        }
        return .length
    }

    /// Carries the prompt through the model, piece after piece; returns the logits after its last token.
    private func prefill(_ request: GenerationRequest, session: UInt64, emit: (GenerationEvent) async throws -> Bool) async throws -> [Float] {
        let prompt = request.prompt
        var promptLogprobs: [TokenLogprobs?] = [nil]
        var start = 0
        while true {
            try Task.checkCancellation()
            let end = min(start + prefillTokensMax, prompt.count)
            let hidden = try await pass.hidden(for: Batch(session: session, start: start, tokens: prompt[start ..< end].map { UInt32($0) }))
            _ = try await emit(.prefillProgress(done: end, of: prompt.count))
            if request.promptLogprobs {
                // Logits of every row are large: a few rows at a time, and each row only as long as it is read.
                for row in stride(from: 0, to: hidden.rows, by: logitRowsMax) {
                    let rows = row ..< min(row + logitRowsMax, hidden.rows)
                    let logits = try await pass.attention.logits(hidden.rows(rows))
                    for index in rows where start + index + 1 < prompt.count {
                        let values = Array(logits.row(index - rows.lowerBound))
                        promptLogprobs.append(TokenLogprobs(of: prompt[start + index + 1], in: values.span, alternatives: request.topLogprobs ?? 0))
                    }
                }
            }
            start = end
            guard start == prompt.count else { continue }
            if request.promptLogprobs { _ = try await emit(.prompt(promptLogprobs)) }
            return try await pass.attention.logits(hidden.rows(hidden.rows - 1 ..< hidden.rows)).values
        }
    }

    private var logitRowsMax: Int { 16 }
}

extension GenerationError {
    /// What the client is told; it names no host.
    init(_ error: RPCError) {
        self = switch error.code {
        case .resourceExhausted: .overloaded("there is no memory for another session of this length; try again later")
        case .unavailable, .deadlineExceeded, .cancelled: .lost("the attention service did not answer; send the request again")
        case .notFound: .lost("the state of this request was lost with a restart of the attention service; send the request again")
        case .invalidArgument, .failedPrecondition, .protocolError, .internalError: .failed("the attention service refused a step of this request")
        }
    }

    init(_ error: ClusterError) {
        self = switch error {
        case .noExpertHosts: .unavailable("no expert host is ready")
        case .expertHost(_, let error) where [.unavailable, .deadlineExceeded, .cancelled].contains(error.code):
            .lost("an expert host was lost while it worked on this request; send the request again")
        case .expertHost, .answer: .failed("a process of the cluster answered wrongly")
        }
    }
}
