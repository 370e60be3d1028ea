internal import Admin
internal import Checkpoint
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Probing
internal import ServiceLifecycle
internal import Telemetry
internal import Tensors
internal import Transport
internal import TypedCalls

struct AttentionConfig: Sendable {
    var model: String
    var listen: Address
    var compute: Compute
    /// 0: half of what the process may use.
    var memoryMaxBytes: Int
    /// See `SpinOptions`.
    var vigil: TimeAmount
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
        PrometheusRegistry.shared.describe(AttentionMetricTexts.all)
        let checkpoint = try WeightFiles(directory: config.model)
        let compute = config.compute
        let budget = config.memoryMaxBytes > 0 ? config.memoryMaxBytes : Machine.memoryBytes / 2
        let parking = try ParkingFolder(config.parkingFolder)
        let engine = try AttentionEngine(
            checkpoint, compute: compute, memoryBudgetBytes: budget, makeParkingFile: parking.makeFile)
        let metrics = AttentionMetrics(budgetBytes: budget)
        var limits = RPCLimits.activations(hiddenSize: engine.config.hiddenSize)
        limits.vigil = config.vigil
        let server = RPCServer(
            address: config.listen, limits: limits, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            handler: EndpointHandlers(engine, metrics, logger: logger).answer)
        logger.info(
            "serving",
            metadata: [
                "model": "\(config.model)", "listen": "\(config.listen)", "kernels": "\(compute.kernels.name)",
                "arithmetic": "\(compute.arithmetic)", "threads": "\(compute.threads)",
                "memory.budget": "\(budget)", "parking": "\(parking.path)",
            ])
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask {
                    async let end: Void = server.run()
                    _ = try await server.boundAddress
                    readiness.set(.ready)
                    try await end
                }
                tasks.addTask { try await lookAfterSessions(engine, metrics) }
                try await tasks.next()
                tasks.cancelAll()
            }
        } onGracefulShutdown: {
            server.stopAccepting()
        }
    }

    /// For as long as the service runs: closes the sessions of routers that are gone, gives memory back.
    private func lookAfterSessions(_ engine: AttentionEngine, _ metrics: AttentionMetrics) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            let closed = try await engine.tidy()
            guard closed > 0 else { continue }
            metrics.report(engine)
            logger.notice(
                "closed the sessions of a router that is silent",
                metadata: [
                    "sessions": "\(closed)", "silence.seconds": "\(Int(RouterLeases.length / .seconds(1)))",
                ])
        }
    }
}

extension RPCError {
    init(_ error: AttentionError) {
        let code: Code =
            switch error {
            case .unknownSession, .lost: .notFound
            case .sessionExists, .position, .parked, .notParked, .moving, .resuming: .failedPrecondition
            case .memory, .parking: .resourceExhausted
            case .length, .layer, .notLightning, .token, .rows, .shape: .invalidArgument
            }
        self.init(code, error.description)
    }
}
