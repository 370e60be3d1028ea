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
    /// Where states are written to; nil: see `StateDisk`.
    var statesFolder: String?
    /// Most bytes of it; 0: half of what is free there.
    var diskMaxBytes: Int
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
        let disk = try StateDisk(
            config.statesFolder, maxBytes: config.diskMaxBytes,
            fingerprint: try checkpoint.fingerprint(), arithmetic: compute.arithmetic.rawValue,
            logger: logger)
        let engine = try AttentionEngine(checkpoint, compute: compute, memoryBudgetBytes: budget, disk: disk)
        engine.states.adopt(disk.found())
        let metrics = AttentionMetrics(budgetBytes: budget, diskBudgetBytes: disk.budgetBytes)
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
                "memory.budget": "\(budget)", "states": "\(disk.path)", "disk.budget": "\(disk.budgetBytes)",
            ])
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask {
                    async let end: Void = server.run()
                    _ = try await server.boundAddress
                    readiness.set(.ready)
                    try await end
                }
                tasks.addTask { try await lookAfterStates(engine.states, metrics) }
                tasks.addTask { try await storeResting(engine.states) }
                try await tasks.next()
                tasks.cancelAll()
            }
        } onGracefulShutdown: {
            server.stopAccepting()
        }
        await storeBeforeEnd(engine.states)
    }

    /// What is worth it outlives the process, as far as it is written soon.
    private func storeBeforeEnd(_ states: StateKeeper) async {
        let end = ContinuousClock.now + .seconds(5)
        while .now < end {
            do {
                guard try await states.storeOneResting(for: .zero) else { return }
            } catch {
                // The next time another one comes first.
            }
        }
    }

    /// For as long as the service runs: closes the sequences of routers that are gone, gives memory back.
    private func lookAfterStates(_ states: StateKeeper, _ metrics: AttentionMetrics) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            let closed = try await states.closeSilent(at: states.now)
            try await states.giveMemoryBack()
            try await states.disk.forgetStale(states.now)
            metrics.report(states)
            guard closed > 0 else { continue }
            logger.notice(
                "closed the sequences of a router that is silent",
                metadata: [
                    "sequences": "\(closed)", "silence.seconds": "\(Int(RouterLeases.length / .seconds(1)))",
                ])
        }
    }

    /// For as long as the service runs: states that rest are written to disk, where they outlive the process.
    private func storeResting(_ states: StateKeeper) async throws {
        var isWell = true
        while true {
            try await Task.sleep(for: .milliseconds(200))
            do {
                while try await states.storeOneResting() {}
                isWell = true
            } catch let error as AttentionError {
                if isWell { logger.warning("states cannot be written to disk", metadata: ["error": "\(error)"]) }
                isWell = false
            }
        }
    }
}

extension RPCError {
    init(_ error: AttentionError) {
        let code: Code =
            switch error {
            case .unknownSequence, .unknownState, .damaged: .notFound
            case .sequenceExists, .stateExists, .unfinished, .position, .moving, .part: .failedPrecondition
            case .memory, .unwritable, .diskFull, .unreadable, .tooManyFiles: .resourceExhausted
            case .stateLength, .tokens, .refused, .length, .layer, .notLightning, .token, .rows, .shape:
                .invalidArgument
            }
        self.init(code, error.description)
    }
}
