internal import Checkpoint
internal import Messages
internal import Tensors
internal import Transport

/// The path of a token through the model. The router owns the residual stream; attention and experts are sublayers
/// computed elsewhere, whose outputs are added here in a fixed order.
struct ForwardPass: Sendable {
    let weights: RouterWeights
    let attention: AttentionClient
    let experts: ExpertDispatch
    let compute: Compute
    /// The event loop of the connections to attention and expert hosts.
    let loop: EventLoopExecutor
    var observer: (any ForwardObserver)?

    private var config: ModelConfig { weights.config }

    /// Carries a batch through every layer; extends the sessions' state; returns the rows after the final norm.
    ///
    /// Few rows stay on the event loop, where a call costs no change of threads and the sums between calls take microseconds;
    /// the sums of many rows would hold the loop up.
    func hidden(for batch: Batch) async throws -> Tensor {
        guard batch.tokens.count <= Self.loopRowsMax else { return try await carry(batch) }
        return try await withTaskExecutorPreference(loop) { try await carry(batch) }
    }

    private static let loopRowsMax = 16

    /// The path itself.
    private func carry(_ batch: Batch) async throws -> Tensor {
        var hidden = try await attention.embed(batch.tokens)                                    // (tokens, D)
        observer?.embedded(hidden)
        for layer in weights.layers {
            let normed = compute.rmsNorm(hidden, weight: layer.inputNorm, epsilon: config.normEpsilon)
            let attended = try await attention.attend(layer, normed, batch, compute)            // (tokens, D)
            let stream = residual(hidden, normed, plus: attended, layer.attentionScale)         // (tokens, D)

            let input = compute.rmsNorm(stream, weight: layer.postAttentionNorm, epsilon: config.normEpsilon)
            let routes = gate(input, layer)                                                     // (tokens, k)
            let groups = TokenGroups(routes, sharedExpert: layer.sharedCoefficient == nil ? nil : config.expertCount)
            let outputs = try await experts.run(layer.index, input, groups)                     // one a group, in its order
            let mixed = combine(outputs, groups, input, layer)                                  // (tokens, D)
            hidden = residual(stream, input, plus: mixed, config.feedForwardScale)
            observer?.passed(layer.index, hidden, routes)
        }
        let final = compute.rmsNorm(hidden, weight: weights.finalNorm, epsilon: config.normEpsilon)
        observer?.finished(final)
        return final
    }

    /// The next-token logits of the batch's last row, (vocabulary).
    func lastLogits(for batch: Batch) async throws -> [Float] {
        let hidden = try await hidden(for: batch)
        return try await attention.logits(hidden.rows(hidden.rows - 1 ..< hidden.rows)).values
    }

    /// `alpha * r + beta * output`, r being the norm's output (postnorm) or its input (pre-norm): spec 2.3.
    private func residual(_ stream: Tensor, _ normed: Tensor, plus output: Tensor, _ scale: ModelConfig.ResidualScale) -> Tensor {
        compute.addScaled(scale.alpha, config.isPostNorm ? normed : stream, scale.beta, output)
    }
}

/// The new tokens of one step: those of one session after those of another.
struct Batch: Sendable {
    let tokens: [UInt32]
    /// Whose they are, in order.
    let spans: [Span]

    /// `tokens` of one session, the first at position `start`.
    init(session: UInt64, start: Int, tokens: [UInt32]) {
        self.tokens = tokens
        spans = [Span(session: session, start: start, count: tokens.count)]
    }
}

/// Sees what passes between the layers; for comparison with other implementations.
protocol ForwardObserver: Sendable {
    func embedded(_ hidden: Tensor)
    func passed(_ layer: Int, _ hidden: Tensor, _ routes: [[Route]])
    func finished(_ hidden: Tensor)
}
