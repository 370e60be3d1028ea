internal import Admin
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
    /// Nil: what the server listens on.
    var announce: Address?
    /// The control addresses of the routers.
    var routers: [Address]
    var name: String
    var compute: Compute
    /// For weights; 0: what the process may have.
    var memoryMaxBytes: Int
    /// Bytes a second; 0: measured.
    var readBandwidth: Int
    /// See `SpinOptions`.
    var vigil: TimeAmount
    /// In which others may take its experts over, once it is told to stop.
    var drainTime: Duration
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
        let routers = config.routers.map { RPCClient(address: $0, group: group, logger: logger) }
        let meter = try await BandwidthMeter(
            set: config.readBandwidth, threads: compute.threads, memoryBytes: memoryBytes)
        logger.info(
            "serving",
            metadata: [
                "name": "\(config.name)", "model": "\(config.model)", "listen": "\(config.listen)",
                "kernels": "\(engine.kernels)", "arithmetic": "\(compute.arithmetic)",
                "threads": "\(compute.threads)", "memory": "\(memoryBytes)",
                "bandwidth": "\(meter.figure.bytesPerSecond)",
            ])
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await server.run()
                return true
            }
            for router in routers {
                tasks.addTask {
                    try await router.run()
                    return false
                }
            }
            tasks.addTask {
                try await meter.run(beside: engine.calls)
                return false
            }
            tasks.addTask {
                let announcement = announcement(engine, address: try await announced(server), meter)
                try await announce(announcement, to: routers, engine)
                server.stopAccepting()
                return false
            }
            // Until the server has answered what it had begun, or something fails.
            while try await tasks.next() == false {}
            tasks.cancelAll()
        }
    }

    private var memoryBytes: Int { config.memoryMaxBytes > 0 ? config.memoryMaxBytes : Machine.memoryAvailableBytes }

    /// What this run of the host says of itself; only its bandwidth may change.
    private func announcement(
        _ engine: ExpertEngine, address: Address, _ meter: BandwidthMeter
    ) -> @Sendable () -> AnnounceRequest {
        let instance = String(UInt64.random(in: .min ... .max), radix: 16)
        let memoryBytes = memoryBytes, machine = Machine.identity
        return {
            let bandwidth = meter.figure
            return AnnounceRequest(
                name: config.name, instance: instance, address: "\(address)", modelFingerprint: engine.fingerprint,
                kernels: engine.kernels, threads: config.compute.threads, draining: false,
                arithmetic: engine.arithmetic.rawValue, memoryBytes: memoryBytes,
                readBandwidth: bandwidth.bytesPerSecond, machine: machine,
                bandwidthMeasurements: bandwidth.measurements, weightsCopy: engine.weightsCopy)
        }
    }

    /// Returns when the host is to stop and no router needs it any more.
    private func announce(
        _ announcement: @escaping @Sendable () -> AnnounceRequest, to routers: [RPCClient], _ engine: ExpertEngine
    ) async throws {
        readiness.set(.loading(message: "waiting for the router to assign experts", fraction: 0.5))
        try await withThrowingTaskGroup { tasks in
            for router in routers {
                tasks.addTask {
                    try await Announcer(
                        announcement: announcement, router: router, engine: engine, drainTime: config.drainTime,
                        logger: logger
                    ).run { answer in
                        if answer.planVersion > 0 { readiness.set(.ready) }
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// What the router shall connect to.
    private func announced(_ server: RPCServer) async throws -> Address {
        if let announce = config.announce { return announce }
        let bound = try await server.boundAddress
        if case .tcp(let host, let port) = bound, host == "0.0.0.0" || host == "::" {
            return .tcp(host: Machine.hostName, port: port)
        }
        return bound
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
