internal import Logging
internal import Messages
internal import NIOCore
internal import Transport
internal import TypedCalls

/// Performs what `Membership` and `PlanKeeper` decide about the expert hosts: holds their connections, tells them what
/// to load, and publishes who can be asked for what.
///
/// Hosts announce themselves; each becomes a child task that lives as long as its connection. Whenever they come, go or
/// fall behind, a new plan is made. Hosts then load what it wants of them batch by batch; every unit is used from the
/// moment it is in memory (`Routing`), and what the plan before wanted stays in use until all is there. Steps go on all
/// the while.
actor ExpertHosts: AnnouncementReceiver {
    struct Config: Sendable {
        /// How many hosts to wait for before the first plan.
        var expected = 1
        /// Of the whole cluster.
        var arithmetic = "exact"
        var settings = PlacementSettings()
        /// A host is lost once its connection was silent for so long. It answers a PING four times in that time.
        var silence = TimeAmount.seconds(5)
        /// How long steps wait for units that nobody holds.
        var patience = Duration.seconds(30)
        /// See `SpinOptions`.
        var vigil = TimeAmount.zero

        /// Of the connections to expert hosts, and to attention.
        var limits: RPCLimits {
            var limits = RPCLimits()
            (limits.idleTimeout, limits.vigil) = (silence, vigil)
            return limits
        }
    }

    /// The router's own name: what a host holds for another router is no business of this one.
    nonisolated let instance = String(UInt64.random(in: .min ... .max), radix: 16)
    nonisolated let config: Config
    nonisolated let routing = Routing()
    nonisolated let load: ExpertLoad
    nonisolated let inventory: ExpertInventory
    nonisolated let status: ClusterStatus
    private let logger: Logger
    private let errands: HostErrands
    private let group: any EventLoopGroup
    private let start = ContinuousClock.now
    private let metrics = PlacementMetrics()

    private(set) var membership: Membership
    private(set) var plan: PlanKeeper
    private var availability: Availability
    /// The connections of the members.
    private(set) var clients: [Member.ID: ExpertHostClient] = [:]

    private let admitted = AsyncStream.makeStream(of: ExpertHostClient.self)
    /// A new plan should be made.
    private let planning = Signal<Void>()
    /// A step waits for units of this layer, which nobody holds.
    private nonisolated let needed = Signal<Int>()

    init(
        config: Config, inventory: ExpertInventory, fingerprint: String, proof: WeightProof, expertsPerToken: Int,
        status: ClusterStatus, group: any EventLoopGroup, logger: Logger
    ) {
        self.config = config
        self.inventory = inventory
        self.status = status
        self.group = group
        self.logger = logger
        load = ExpertLoad(inventory)
        errands = HostErrands(router: instance, fingerprint: fingerprint, proof: proof)
        membership = Membership(
            role: .expertHost, inventory: inventory, fingerprint: fingerprint, arithmetic: config.arithmetic)
        plan = PlanKeeper(
            inventory: inventory, expertsPerToken: expertsPerToken, expectedHosts: config.expected,
            settings: config.settings)
        availability = Availability(patience: config.patience)
    }

    /// For as long as the router lives: connects to hosts that announce themselves and plans anew when they come or go.
    func run() async throws {
        publish()
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { await self.planWhenAsked() }
            tasks.addTask { for await layer in self.needed.values { await self.hurry(layer) } }
            tasks.addTask { try await self.lookRegularly() }
            for await host in admitted.stream {
                tasks.addTask { await self.accompany(host) }
            }
        }
    }

    /// On the clock of the membership's events.
    private var now: Duration { start.duration(to: .now) }

    // MARK: events

    /// A host announces itself, which it does about once a second.
    func announce(_ request: AnnounceRequest) throws(RPCError) -> AnnounceResponse {
        let (answer, actions) = membership.announced(request, at: now)
        perform(actions)
        switch answer {
        case .refused(let refusal): throw RPCError(refusal.code, refusal.sentence(to: membership.role))
        case .mayStop: return AnnounceResponse(router: instance, planVersion: 0, released: true)
        case .member(let id):
            let isUpToDate = membership[id].map { $0.isConnected && $0.units.isSettled } == true
            let idle = clients[id]?.health.idleTime ?? .zero
            return AnnounceResponse(
                router: instance, planVersion: isUpToDate ? plan.version : 0,
                released: membership.isReleased(id, idle: idle, drained: plan.settings.drained))
        }
    }

    /// A host is gone, or answered what it must not answer.
    func lost(_ host: ExpertHostClient, why: String) { perform(membership.lost(host.id, why: why, at: now)) }

    /// A host let a deadline pass: as long as it answers nothing, others hold its units.
    func late(_ host: ExpertHostClient, why: String) {
        perform(membership.late(host.id, why: why, lapses: host.health.lapsed(), at: now))
    }

    /// A host may have answered wrongly: others hold its units while they are asked the same.
    ///
    /// - Returns: false where there are no others.
    func doubt(_ host: ExpertHostClient) -> Bool {
        guard let actions = membership.doubted(host.id) else { return false }
        perform(actions)
        return true
    }

    /// Others answered no better than a host that was doubted.
    func believe(_ host: ExpertHostClient) { perform(membership.believed(host.id)) }

    /// A host does not hold what it said it did.
    func lacks(_ host: ExpertHostClient, layer: Int, _ pieces: [ExpertPiece]) {
        let units = pieces.map { ExpertUnit(layer: layer, expert: $0.expert, slice: $0.slice) }
        perform(membership.lacks(host.id, units))
    }

    /// Nobody holds units of this layer that a step waits for.
    nonisolated func need(layer: Int) { needed.send(layer) }

    private func hurry(_ layer: Int) { perform(membership.needed(layer: layer)) }

    /// The operator asks for another mode, number of copies, pins, or hosts to empty.
    func set(_ settings: PlacementSettings) {
        plan.settings = settings
        planning.send()
    }

    // MARK: connections

    /// Keeps the connection to one host for as long as the host is a member.
    private func accompany(_ host: ExpertHostClient) async {
        let end = await host.connection.run {
            await self.connected(host)
        } onErrand: {
            await self.runErrands(host)
        }
        lost(host, why: end)
    }

    private func connected(_ host: ExpertHostClient) { perform(membership.connected(host.id)) }

    /// Lets one host load what it lacks, batch after batch, and let go of what it holds too much.
    private func runErrands(_ host: ExpertHostClient) async {
        do throws(RPCError) {
            while let errand = membership.nextErrand(host.id) {
                switch try await errands.run(errand, at: host, planVersion: plan.version) {
                case .kept: break
                case .loaded(let units): perform(membership.loaded(host.id, units))
                case .damaged(let fault): return perform(membership.damaged(host.id, fault: fault, at: now))
                case .stopping: return
                }
            }
        } catch {
            lost(host, why: "it did not take its experts: \(error)")
        }
    }

    // MARK: time

    private func planWhenAsked() async {
        for await _ in planning.values {
            // Several that come together make one plan.
            if availability.isWhole { try? await Task.sleep(for: Self.gathering) }
            makePlan()
        }
    }

    /// Looks at what no event tells: time that has passed, loads and speeds that have shifted.
    private func lookRegularly() async throws {
        var looks = 0
        while true {
            try await Task.sleep(for: Self.lookPeriod)
            routing.signal()
            if !availability.isWhole { publish() }
            membership.tidy(at: now)
            looks += 1
            guard looks % Self.looksPerPlan == 0 else { continue }
            let wasUsed = load.wasUsed(), haveSpeedsChanged = lookAtSpeeds()
            if wasUsed { load.report() }
            if wasUsed || haveSpeedsChanged { planning.send() }
        }
    }

    /// - Returns: whether hosts are taken for faster or slower than before.
    private func lookAtSpeeds() -> Bool {
        let connected = membership.connected, before = connected.map { speed(of: $0) }
        let hosts = connected.map { member in
            var host = member.measuredSpeed
            host.calls = clients[member.id].flatMap {
                $0.health.readSpeed(bandwidth: $0.bandwidth, bytesMin: speed(of: member) * HostSpeeds.readingSecondsMin)
            }
            return host
        }
        guard plan.lookAtSpeeds(hosts) else { return false }
        for (member, before) in zip(connected, before) where speed(of: member) != before {
            logger.info(
                "expert host's speed",
                metadata: [
                    "host": "\(member.name)", "bandwidth": "\(Int(speed(of: member)))", "before": "\(Int(before))",
                ])
        }
        return true
    }

    /// Bytes a second that a member is taken to read.
    func speed(of member: Member) -> Double { plan.speed(of: member.measuredSpeed) }

    private func makePlan() {
        let candidates = membership.candidates(drained: plan.settings.drained)
        let hops = membership.members.values.compactMap { clients[$0.id]?.health.hopSeconds }
        // A layer waits for the slowest host.
        let hopSeconds = hops.max() ?? StepPrediction.hopSeconds
        let outcome = plan.plan(
            for: candidates.map(PlanKeeper.Candidate.init), wanted: membership.members.mapValues(\.units.wanted),
            PlanKeeper.Load(shares: load.shares, rowsPerStep: load.rowsPerStep, hopSeconds: hopSeconds))
        switch outcome {
        case .unchanged: break
        case .wants(let wants):
            perform(membership.wantsChanged(wants))
            tellPlan()
        case .impossible(let why):
            logger.error("no plan", metadata: ["why": "\(why)", "hosts": "\(candidates.count)"])
        }
        publish()
    }

    private func tellPlan() {
        guard let current = plan.current else { return }
        logger.info(
            "plan",
            metadata: [
                "version": "\(plan.version)", "mode": "\(current.mode.rawValue)",
                "hosts": "\(current.placement.hosts.joined(separator: ","))",
                "to.load": "\(membership.members.values.reduce(0) { $0 + $1.units.missingEighths })",
            ])
    }

    // MARK: actions

    private func perform(_ actions: [Membership.Action]) {
        for action in actions {
            switch action {
            case .connect(let id): connect(id)
            case .dismiss(let id): dismiss(id)
            case .signal(let id): clients[id]?.connection.errands.send()
            case .publish: publish()
            case .plan: planning.send()
            case .log(let line): logger.log(level: line.level, line.message, metadata: line.metadata)
            }
        }
    }

    private func connect(_ id: Member.ID) {
        guard let member = membership[id] else { return }
        let rpc = RPCClient(address: member.address, limits: config.limits, group: group, logger: logger)
        let client = ExpertHostClient(member, rpc: rpc)
        clients[id] = client
        admitted.continuation.yield(client)
    }

    private func dismiss(_ id: Member.ID) {
        guard let client = clients.removeValue(forKey: id) else { return }
        client.connection.dismissal.send()
        client.health.forget()
        metrics.countLoss()
    }

    /// Tells dispatch who can be asked for what, requests and probes what is missing, and Prometheus how it stands.
    private func publish() {
        let connected = membership.connected
        var table = RoutingTable()
        table.members = connected.compactMap { member in
            clients[member.id].map {
                RoutingTable.Member(
                    host: $0, isSound: member.isSound, ready: member.units.ready, wanted: member.units.wanted,
                    speed: speed(of: member))
            }
        }
        table.cuts = plan.current?.cuts ?? []
        table.hasCopies =
            connected.reduce(0) { $0 + $1.units.ready.eighthCount } > connected.heldEighths(inventory)
        routing.publish(table)
        let sight = membership.sight(expected: plan.awaitedHosts, problem: plan.problem)
        if sight.isWhole { membership.forgetLastDamage() }
        status.setExperts(
            missing: availability.look(sight, at: now), fraction: sight.fraction, isBeingLoaded: sight.isBeingLoaded)
        metrics.record(members: membership.members.values, version: plan.version, heldShare: sight.fraction)
    }

    private static let lookPeriod = Duration.milliseconds(250)
    private static let looksPerPlan = 20
    /// Several reasons for a plan that arrive at about the same time make one plan.
    private static let gathering = Duration.milliseconds(100)
}

extension PlanKeeper.Candidate {
    fileprivate init(_ member: Member) {
        self.init(name: member.name, memoryBytes: member.memoryBytes, measured: member.measuredSpeed)
    }
}
