internal import Checkpoint
internal import Cluster
internal import Logging
internal import Messages
internal import Metrics
internal import NIOPosix
internal import ServiceLifecycle
internal import Tensors
internal import Transport

struct AttentionConfig: Sendable {
    var model: String
    var listen: Address
    var compute: Compute
    /// 0: half of what the process may use.
    var memoryMaxBytes: Int
    /// Where parked sessions' state goes; nil: see `ParkingFolder`.
    var parkingFolder: String?
}

/// Loads the checkpoint, then answers the router until told to stop.
struct AttentionService: Service {
    let config: AttentionConfig
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        readiness.set(.loading(message: "reading \(config.model)", fraction: 0))
        useOneBLASThread()
        let checkpoint = try WeightFiles(directory: config.model)
        let compute = config.compute
        let budget = config.memoryMaxBytes > 0 ? config.memoryMaxBytes : Machine.memoryBytes / 2
        let parking = try ParkingFolder(config.parkingFolder)
        let engine = try AttentionEngine(checkpoint, compute: compute, memoryBudgetBytes: budget, makeParkingFile: parking.makeFile)
        let server = RPCServer(
            address: config.listen, limits: .activations(hiddenSize: engine.config.hiddenSize), group: MultiThreadedEventLoopGroup.singleton, logger: logger, handler: endpoints(engine).answer)
        logger.info("serving", metadata: [
            "model": "\(config.model)", "listen": "\(config.listen)", "kernels": "\(compute.kernels.name)", "arithmetic": "\(compute.arithmetic)", "threads": "\(compute.threads)",
            "memory.budget": "\(budget)", "parking": "\(parking.path)",
        ])
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await server.run() }
                tasks.addTask {
                    _ = try await server.boundAddress
                    readiness.set(.ready)
                }
                try await tasks.waitForAll()
            }
        } onGracefulShutdown: {
            server.stopAccepting()
        }
    }

    private func endpoints(_ engine: AttentionEngine) -> EndpointHandlers {
        let sessions = Gauge(label: "minimax_attention_sessions")
        let reserved = Gauge(label: "minimax_attention_state_reserved_bytes")
        let parked = Gauge(label: "minimax_attention_sessions_parked"), parkedBytes = Gauge(label: "minimax_attention_state_parked_bytes")
        Gauge(label: "minimax_attention_state_budget_bytes").record(engine.usage.budgetBytes)
        let rows = Counter(label: "minimax_attention_rows_total")
        let report: @Sendable () -> Void = {
            let usage = engine.usage
            sessions.record(usage.sessions)
            reserved.record(usage.reservedBytes)
            parked.record(usage.parked)
            parkedBytes.record(usage.parkedBytes)
        }
        var endpoints = EndpointHandlers { ($0 as? AttentionError).map(RPCError.init) }
        endpoints.on(.describeAttention, engine.describe)
        endpoints.on(.openSession) { request in
            defer { report() }
            return try await engine.open(request)
        }
        endpoints.on(.closeSessions) { request in
            defer { report() }
            return try await engine.close(request)
        }
        endpoints.on(.parkSession) { request in
            defer { report() }
            return try await engine.park(request)
        }
        endpoints.on(.resumeSession) { request in
            defer { report() }
            return try await engine.resume(request)
        }
        let rowBytes = engine.config.hiddenSize * MemoryLayout<Float>.size, logitsBytes = engine.config.vocabularySize * MemoryLayout<Float>.size
        endpoints.on(.embed, answerBytes: { $0.tokens.count * rowBytes }, engine.embed)
        endpoints.on(.attend) { request in
            rows.increment(by: request.spans.reduce(0) { $0 + $1.count })
            return try await engine.attend(request)
        }
        endpoints.on(.logits, answerBytes: { $0.hidden.count * MemoryLayout<Float>.size / rowBytes * logitsBytes }, engine.logits)
        endpoints.on(.lightningState, engine.state)
        return endpoints
    }
}

extension RPCError {
    init(_ error: AttentionError) {
        let code: Code = switch error {
        case .unknownSession: .notFound
        case .sessionExists, .position, .parked, .notParked, .moving, .resuming: .failedPrecondition
        case .memory, .parking: .resourceExhausted
        case .lost: .internalError
        case .length, .layer, .notLightning, .token, .rows, .shape: .invalidArgument
        }
        self.init(code, error.description)
    }
}
