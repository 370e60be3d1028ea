/// Generates sequences on the cluster: gives them to the engine, which steps them together, and passes on what comes.
struct ClusterGenerator: Generator {
    /// As its checkpoint and the router's flags describe it.
    let described: ServedModel
    let engine: StepEngine
    let status: ClusterStatus
    /// How long a new request waits for what the cluster lacks.
    let admitWait: Duration

    var model: ServedModel {
        var model = described
        model.usableLength = min(model.contextLength, engine.sequences.tokensMax)
        return model
    }

    var readiness: GeneratorReadiness { status.missing.map { .notReady($0) } ?? .ready }

    func admit(while isWanted: () -> Bool) async throws { try await status.admit(within: admitWait, while: isWanted) }

    func generate(
        _ request: GenerationRequest, emit: (GenerationEvent) async throws -> Bool
    ) async throws -> FinishReason {
        let (id, outputs) = try engine.submit(request)
        return try await withTaskCancellationHandler {
            defer { engine.cancel(id) }        // of no effect on one that has ended
            guard try await emit(.submitted) else { return .stop }
            for try await output in outputs {
                switch output {
                case .event(let event): guard try await emit(event) else { return .stop }
                case .end(let reason): return reason
                }
            }
            throw CancellationError()
        } onCancel: {
            engine.cancel(id)
        }
    }
}
