internal import Checkpoint
internal import Messages
internal import Tensors
internal import Transport

/// The path of a token through the model. The router owns the residual stream; attention and experts are sublayers
/// computed elsewhere, whose outputs are added here in a fixed order.
struct ForwardPass: Sendable {
    let weights: RouterWeights
    let attention: any Attention
    let experts: ExpertDispatch
    let compute: Compute
    /// The event loop of the connections to attention and expert hosts.
    let loop: EventLoopExecutor
    /// Nil: an expert takes all rows that are sent to it; else at most so many times its even share. For research: a
    /// row's bytes then depend on its neighbours.
    var capacityFactor: Double?
    var observer: (any ForwardObserver)?

    private var config: ModelConfig { weights.config }

    /// Carries a batch through every layer, and extends the sequences' live states.
    ///
    /// Few rows stay on the event loop, where a call costs no change of threads and the sums between calls take
    /// microseconds; the sums of many rows would hold the loop up.
    ///
    /// - Parameter overlapped: in two token groups, one in attention while the other is in the experts. The bytes are
    ///   the same.
    /// - Throws: `NoRowsLeft`, where replicas of attention lost all rows; the errors of whatever else is needed.
    func carry(_ batch: Batch, overlapped: Bool = false, meter: StepMeter = StepMeter()) async throws -> Carried {
        let turns = overlapped && batch.tokens.count > 1 ? Turn.pair() : nil
        guard batch.tokens.count <= Self.loopRowsMax else { return try await carry(batch, turns, meter).someRows() }
        return try await withTaskExecutorPreference(loop) { try await carry(batch, turns, meter).someRows() }
    }

    private static let loopRowsMax = 16

    private func carry(_ batch: Batch, _ turns: (Turn, Turn)?, _ meter: StepMeter) async throws -> Carried {
        guard let turns else { return try await carry(batch, turn: nil, meter) }
        let (first, second) = batch.halves
        async let one = carry(first, turn: turns.0, meter)
        async let other = carry(second, turn: turns.1, meter)
        return try await one.joined(with: other)
    }

    /// The path itself. With a `turn` the batch takes turns in attention with another: a layer's later rows follow its
    /// earlier ones.
    private func carry(_ batch: Batch, turn: Turn?, _ meter: StepMeter) async throws -> Carried {
        var carried = Carried(batch: batch)
        var hidden = try await meter.time(.attention) { try await attention.embed(batch.tokens) }        // (tokens, D)
        observer?.embedded(hidden)
        for layer in weights.layers {
            var normed = meter.time(.gate) {
                compute.rmsNorm(hidden, weight: layer.inputNorm, epsilon: config.normEpsilon)        // (tokens, D)
            }
            try await turn?.come()
            let attended = await meter.time(.attention) {
                await attention.attend(layer.index, normed, carried.shares, compute)        // (tokens, D)
            }
            turn?.pass()
            var output = attended.output
            if !attended.lost.isEmpty {
                carried.lose(attended.lost, from: &hidden, &normed, &output)
                guard !carried.batch.isEmpty else {
                    turn?.leave()
                    return carried
                }
            }
            let stream = residual(hidden, normed, plus: output, layer.attentionScale)        // (tokens, D)

            let (input, routes, groups) = meter.time(.gate) {
                let input = compute.rmsNorm(stream, weight: layer.postAttentionNorm, epsilon: config.normEpsilon)
                let routes = gate(input, layer)        // (tokens, k)
                return (input, routes, group(routes, layer))
            }
            let outputs = try await experts.run(layer.index, input, groups, meter)        // one for each group
            hidden = meter.time(.combine) {
                let mixed = combine(outputs, groups, input, layer)        // (tokens, D)
                return residual(stream, input, plus: mixed, config.feedForwardScale)
            }
            observer?.passed(layer.index, hidden, routes)
        }
        carried.hidden = compute.rmsNorm(hidden, weight: weights.finalNorm, epsilon: config.normEpsilon)
        observer?.finished(carried.hidden)
        return carried
    }

    /// A step is over: notes how long its experts' part took, which `GET /admin/plan` shows beside the prediction.
    func finished(_ meter: StepMeter) { experts.note(stepSeconds: meter[.experts] / .seconds(1)) }

    private func group(_ routes: [[Route]], _ layer: RouterWeights.Layer) -> TokenGroups {
        TokenGroups(
            routes, sharedExpert: layer.sharedCoefficient == nil ? nil : config.expertCount,
            capacity: capacity(rows: routes.count))
    }

    private func capacity(rows: Int) -> Int? {
        capacityFactor.map { factor in
            let evenShare = Double(rows * config.expertsPerToken) / Double(config.expertCount)
            return max(1, Int((factor * evenShare).rounded(.up)))
        }
    }

    /// `alpha * r + beta * output`, r being the norm's output (postnorm) or its input (pre-norm).
    private func residual(
        _ stream: Tensor, _ normed: Tensor, plus output: Tensor, _ scale: ModelConfig.ResidualScale
    ) -> Tensor {
        compute.addScaled(scale.alpha, config.isPostNorm ? normed : stream, scale.beta, output)
    }
}

/// Sees what passes between the layers; for comparison with other implementations.
protocol ForwardObserver: Sendable {
    func embedded(_ hidden: Tensor)
    func passed(_ layer: Int, _ hidden: Tensor, _ routes: [[Route]])
    func finished(_ hidden: Tensor)
}
