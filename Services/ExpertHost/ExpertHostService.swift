internal import Admin
internal import Announcing
internal import Checkpoint
internal import Logging
internal import Messages
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import Probing
internal import ServiceLifecycle
internal import Telemetry
internal import Tensors
internal import Transport
internal import TypedCalls

struct ExpertHostConfig: Sendable {
    var model: String
    var listen: Address
    var announcing: AnnouncingConfig
    var compute: Compute
    /// For weights; 0: what the process may have.
    var memoryMaxBytes: Int
    /// See `SpinOptions`.
    var vigil: TimeAmount
}

/// Loads the checkpoint, answers the routers, and announces itself to them until told to stop.
struct ExpertHostService: Service {
    let config: ExpertHostConfig
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        readiness.set(.loading(message: "reading \(config.model)", fraction: 0))
        PrometheusRegistry.shared.describe(ExpertMetricTexts.all)
        let compute = config.compute
        let engine = try ExpertEngine(WeightFiles(directory: config.model), compute: compute)
        let group = MultiThreadedEventLoopGroup.singleton
        var limits = RPCLimits.activations(hiddenSize: engine.config.hiddenSize)
        limits.vigil = config.vigil
        let server = RPCServer(
            address: config.listen, limits: limits, group: group, logger: logger, handler: endpoints(engine).answer)
        let announcing = try await Announcing(config.announcing, identity(engine), group: group, logger: logger)
        logger.info(
            "serving",
            metadata: [
                "name": "\(config.announcing.name)", "model": "\(config.model)", "listen": "\(config.listen)",
                "kernels": "\(engine.kernels)", "arithmetic": "\(compute.arithmetic)",
                "threads": "\(compute.threads)", "memory": "\(memoryBytes)",
                "bandwidth": "\(announcing.bandwidth)",
            ])
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await server.run()
                return true
            }
            tasks.addTask {
                try await announce(announcing, at: server, engine)
                server.stopAccepting()
                return false
            }
            // Until the server has answered what it had begun, or something fails.
            while try await tasks.next() == false {}
            tasks.cancelAll()
        }
    }

    private var memoryBytes: Int { config.memoryMaxBytes > 0 ? config.memoryMaxBytes : Machine.memoryAvailableBytes }

    private func identity(_ engine: ExpertEngine) -> Announcing.Identity {
        Announcing.Identity(
            role: .expertHost, modelFingerprint: engine.fingerprint, kernels: engine.kernels,
            threads: config.compute.threads, arithmetic: engine.arithmetic.rawValue, memoryBytes: memoryBytes,
            weightsCopy: engine.weightsCopy)
    }

    /// Returns when the host is to stop and no router needs it any more.
    private func announce(_ announcing: Announcing, at server: RPCServer, _ engine: ExpertEngine) async throws {
        // The address is known once the server listens.
        _ = try await server.boundAddress
        readiness.set(.loading(message: "waiting for the router to assign experts", fraction: 0.5))
        try await announcing.run(at: server) {
            CallActivity(count: engine.calls.count, isIdle: engine.calls.isEmpty)
        } onAnswer: { answer in
            if answer.planVersion > 0 { readiness.set(.ready) }
        } onRouterGone: { router in
            engine.forget(router: router)
        }
    }

    private func endpoints(_ engine: ExpertEngine) -> EndpointHandlers {
        let experts = Gauge(label: "minimax_expert_units"), bytes = Gauge(label: "minimax_expert_weight_bytes")
        let plan = Gauge(label: "minimax_expert_plan_version")
        let rows = Counter(label: "minimax_expert_rows_total")
        let report: @Sendable () -> Void = {
            let usage = engine.usage
            experts.record(usage.experts)
            bytes.record(usage.bytes)
            plan.record(usage.planVersion)
        }
        var endpoints = EndpointHandlers(logger: logger) { ($0 as? ExpertError).map(RPCError.init) }
        endpoints.on(.holdExperts) { request, _ in
            defer { report() }
            return try await engine.hold(request)
        }
        endpoints.on(.retainExperts) { request, _ in
            defer { report() }
            return try await engine.retain(request)
        }
        let rowBytes = engine.config.hiddenSize * MemoryLayout<Float>.size
        let answerBytes: @Sendable (ExpertRequest) -> Int = { $0.groups.reduce(0) { $0 + $1.rows.count } * rowBytes }
        endpoints.on(.runExperts, answerBytes: answerBytes) { request, context in
            rows.increment(by: request.groups.reduce(0) { $0 + $1.rows.count })
            return try await engine.run(request, context)
        }
        return endpoints
    }
}

extension RPCError {
    init(_ error: ExpertError) {
        let code: Code =
            switch error {
            case .fingerprint: .failedPrecondition
            case .notHeld: .notFound
            case .layer, .expert, .slice, .secondGroup, .row, .rowCount, .shape: .invalidArgument
            }
        self.init(code, error.description)
    }
}
