internal import Admin
internal import Announcing
internal import Checkpoint
internal import Logging
internal import Messages
internal import NIOCore
internal import NIOPosix
internal import Probing
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import Tensors
internal import Transport
internal import TypedCalls

struct AttentionConfig: Sendable {
    var model: String
    var listen: Address
    var announcing: AnnouncingConfig
    var compute: Compute
    /// How keys and values are stored.
    var keyValues: FloatFormat
    /// 0: half of what the process may use.
    var memoryMaxBytes: Int
    /// See `SpinOptions`.
    var vigil: TimeAmount
    /// Where states are written to; nil: see `StateDisk`.
    var statesFolder: String?
    /// Whether one of FOLDER-2, FOLDER-3 and so on is used where another process uses the folder.
    var numbersStatesFolder: Bool
    /// Most bytes of it; 0: half of what is free there.
    var diskMaxBytes: Int
    /// How long kept states are kept whose owner's routers are silent.
    var orphanTime: Duration
}

/// Loads the checkpoint, answers the routers, and announces itself to them until told to stop.
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
            config.statesFolder, orNext: config.numbersStatesFolder, maxBytes: config.diskMaxBytes,
            fingerprint: try checkpoint.fingerprint(),
            arithmetic: config.keyValues.attention(in: compute.arithmetic.rawValue), logger: logger)
        let engine = try AttentionEngine(
            checkpoint, compute: compute, keyValues: config.keyValues, memoryBudgetBytes: budget, disk: disk,
            routers: Routers(orphanTime: config.orphanTime))
        try engine.states.adopt(disk.found())
        let metrics = AttentionMetrics(budgetBytes: budget, diskBudgetBytes: disk.budgetBytes)
        var limits = RPCLimits.activations(hiddenSize: engine.config.hiddenSize)
        limits.vigil = config.vigil
        let group = MultiThreadedEventLoopGroup.singleton
        let server = RPCServer(
            address: config.listen, limits: limits, group: group, logger: logger,
            handler: EndpointHandlers(engine, metrics, logger: logger).answer)
        let identity = Announcing.Identity(
            role: .attention, modelFingerprint: engine.fingerprint, kernels: compute.kernels.name,
            threads: compute.threads, arithmetic: engine.arithmetic, memoryBytes: budget,
            weightsCopy: checkpoint.copyIdentity(on: Machine.identity))
        let isAnnounced = !config.announcing.routers.isEmpty
        let announcing =
            isAnnounced ? try await Announcing(config.announcing, identity, group: group, logger: logger) : nil
        logger.info(
            "serving",
            metadata: [
                "model": "\(config.model)", "listen": "\(config.listen)", "kernels": "\(compute.kernels.name)",
                "arithmetic": "\(engine.arithmetic)", "threads": "\(compute.threads)",
                "memory.budget": "\(budget)", "states": "\(disk.path)", "disk.budget": "\(disk.budgetBytes)",
            ])
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await server.run()
                return true
            }
            tasks.addTask {
                try await beThere(server, announcing, engine)
                server.stopAccepting()
                return false
            }
            tasks.addTask {
                try await lookAfterStates(engine, metrics)
                return false
            }
            tasks.addTask {
                try await storeResting(engine)
                return false
            }
            // Until the server has answered what it had begun, or something fails.
            while try await tasks.next() == false {}
            tasks.cancelAll()
        }
        await storeBeforeEnd(engine)
    }

    /// Returns when the service is to stop and no router needs it any more.
    private func beThere(_ server: RPCServer, _ announcing: Announcing?, _ engine: AttentionEngine) async throws {
        _ = try await server.boundAddress
        readiness.set(.ready)
        guard let announcing else { return try await gracefulShutdown() }
        try await announcing.run(at: server) {
            let states = engine.states
            return CallActivity(
                count: states.counts.calls.load(ordering: .relaxed), isIdle: states.lane.busyTime == .zero)
        }
    }

    /// What is worth it outlives the process, as far as it is written soon.
    private func storeBeforeEnd(_ engine: AttentionEngine) async {
        let end = ContinuousClock.now + .seconds(5)
        while .now < end {
            do {
                guard try await engine.states.storeOneResting(for: .zero) else { return }
            } catch {
                // The next time another one comes first.
            }
        }
    }

    /// For as long as the service runs: closes the sequences of routers that are gone, gives memory back.
    private func lookAfterStates(_ engine: AttentionEngine, _ metrics: AttentionMetrics) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            let states = engine.states
            let closed = try await states.closeSilent(at: states.now)
            let dropped = await states.dropOrphans(at: states.now)
            if dropped > 0 {
                logger.notice(
                    "dropped the kept states of a router that is silent",
                    metadata: ["states": "\(dropped)", "silence.seconds": "\(config.orphanTime.components.seconds)"])
            }
            try await states.giveMemoryBack()
            try await states.disk.forgetStale(states.now)
            metrics.report(engine)
            guard closed > 0 else { continue }
            logger.notice(
                "closed the sequences of a router that is silent",
                metadata: [
                    "sequences": "\(closed)", "silence.seconds": "\(Int(RouterLeases.length / .seconds(1)))",
                ])
        }
    }

    /// For as long as the service runs: states that rest are written to disk, where they outlive the process.
    private func storeResting(_ engine: AttentionEngine) async throws {
        var isWell = true
        while true {
            try await Task.sleep(for: .milliseconds(200))
            do {
                while try await engine.states.storeOneResting() {}
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
            case .sequenceExists, .stateExists, .unfinished, .position, .moving, .part, .partInUse, .otherPart,
                .partChanged:
                .failedPrecondition
            case .memory, .unwritable, .diskFull, .unreadable, .tooManyFiles: .resourceExhausted
            case .stateLength, .tokens, .refused, .length, .layer, .token, .rows, .question, .shape,
                .noSuchPart:
                .invalidArgument
            }
        self.init(code, error.description)
    }
}
