internal import Checkpoint
internal import Cluster
internal import Logging
internal import Messages
internal import Metrics
internal import NIOPosix
internal import ServiceLifecycle
internal import Tensors
internal import Transport

struct ExpertHostConfig: Sendable {
    var model: String
    var listen: Address
    /// Nil: what the server listens on.
    var announce: Address?
    /// The router's control address.
    var router: Address
    var name: String
    var compute: Compute
}

/// Loads the checkpoint, answers the router, and announces itself to it until told to stop.
struct ExpertHostService: Service {
    let config: ExpertHostConfig
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        readiness.set(.loading(message: "reading \(config.model)", fraction: 0))
        let compute = config.compute
        let engine = try ExpertEngine(WeightFiles(directory: config.model), compute: compute)
        let group = MultiThreadedEventLoopGroup.singleton
        let server = RPCServer(
            address: config.listen, limits: .activations(hiddenSize: engine.config.hiddenSize), group: group, logger: logger, handler: endpoints(engine).answer)
        let router = RPCClient(address: config.router, group: group, logger: logger)
        logger.info("serving", metadata: [
            "name": "\(config.name)", "model": "\(config.model)", "listen": "\(config.listen)", "kernels": "\(engine.kernels)", "arithmetic": "\(compute.arithmetic)", "threads": "\(compute.threads)",
        ])
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                try await withGracefulShutdownHandler { try await server.run() } onGracefulShutdown: { server.stopAccepting() }
            }
            tasks.addTask { try await router.run() }
            tasks.addTask {
                let announcer = Announcer(config: config, address: try await announced(server), engine: engine, threads: compute.threads, router: router, logger: logger)
                try await announcer.run(readiness)
            }
            try await tasks.next()          // the server has finished what it had begun, or something failed
            tasks.cancelAll()
        }
    }

    /// What the router shall connect to.
    private func announced(_ server: RPCServer) async throws -> Address {
        if let announce = config.announce { return announce }
        let bound = try await server.boundAddress
        if case .tcp(let host, let port) = bound, host == "0.0.0.0" || host == "::" { return .tcp(host: Machine.hostName, port: port) }
        return bound
    }

    private func endpoints(_ engine: ExpertEngine) -> EndpointHandlers {
        let units = Gauge(label: "minimax_expert_units"), bytes = Gauge(label: "minimax_expert_weight_bytes"), plan = Gauge(label: "minimax_expert_plan_version")
        let rows = Counter(label: "minimax_expert_rows_total")
        var endpoints = EndpointHandlers { ($0 as? ExpertError).map(RPCError.init) }
        endpoints.on(.assignExperts) { request in
            let response = try await engine.assign(request)
            let usage = engine.usage
            units.record(usage.units)
            bytes.record(usage.bytes)
            plan.record(usage.planVersion)
            logger.info("assigned", metadata: ["plan": "\(usage.planVersion)", "units": "\(usage.units)", "bytes": "\(usage.bytes)"])
            readiness.set(.ready)
            return response
        }
        endpoints.on(.runExperts) { request in
            rows.increment(by: request.groups.reduce(0) { $0 + $1.rows.count })
            return try await engine.run(request)
        }
        return endpoints
    }
}

extension RPCError {
    init(_ error: ExpertError) {
        let code: Code = switch error {
        case .fingerprint, .stalePlan: .failedPrecondition
        case .notHeld: .notFound
        case .layer, .expert, .secondGroup, .row, .rowCount, .shape: .invalidArgument
        }
        self.init(code, error.description)
    }
}
