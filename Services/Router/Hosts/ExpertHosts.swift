internal import Cluster
internal import Logging
internal import Messages
internal import Metrics
internal import NIOCore
internal import Transport

/// The expert hosts there are, what each holds, and the plan that says what each shall hold.
///
/// Hosts announce themselves; each becomes a child task that lives as long as its connection. Whenever they come, go or fall behind, a new plan is made.
/// Hosts then load what it wants of them piece by piece; every piece is used from the moment it is in memory (`Routing`), and what the plan before wanted
/// stays in use until all is there. Steps go on all the while.
actor ExpertHosts {
    struct Config: Sendable {
        /// How many hosts to wait for before the first plan.
        var expected: Int
        /// Of the whole cluster.
        var arithmetic: String
        var settings: PlacementSettings
        /// After so long without a word a host is taken for dead.
        var silence: TimeAmount
        /// How long steps wait for units that nobody holds.
        var patience: Duration
    }

    /// A host as the plan knows it.
    struct Member {
        let host: ExpertHostClient
        let joined: Duration
        var isConnected = false
        /// It is about to stop.
        var isDraining = false
        /// What it answered is being asked of others.
        var isDoubted = false
        /// It holds things the router knows nothing of, or wants no more.
        var holdsMore = true
        var ready: UnitMap
        var wanted: UnitMap
        /// Everything the plan wants of it is there.
        var isSettled: Bool { ready.isSuperset(of: wanted) }
    }

    /// The router's own name: what a host holds for another router is no business of this one.
    nonisolated let instance = String(UInt64.random(in: .min ... .max), radix: 16)
    nonisolated let config: Config
    nonisolated let routing = Routing()
    nonisolated let load: ExpertLoad
    nonisolated let inventory: ExpertInventory
    private let fingerprint: String
    private let expertsPerToken: Int
    private let status: ClusterStatus
    private let group: any EventLoopGroup
    private let logger: Logger
    private let start = ContinuousClock.now
    private let metrics = PlacementMetrics()

    private let announcements: AsyncStream<ExpertHostClient>
    private let announced: AsyncStream<ExpertHostClient>.Continuation
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    nonisolated private let needed: AsyncStream<Int>.Continuation
    private let needs: AsyncStream<Int>

    private(set) var settings: PlacementSettings
    /// Announced and not yet gone, by name.
    private(set) var members: [String: Member] = [:]
    private(set) var version = 0
    private(set) var placement: Placement?
    private(set) var predictions: [PlacementMode: Double] = [:]
    /// Why there is no plan for the hosts there are.
    private(set) var problem: String?
    private var chooser: ModeChooser?
    private var planned: PlanInput?
    private var quarantine = Quarantine()
    /// Once there was a plan, any number of hosts will do.
    private var hasPlanned = false
    /// Whether every unit has a holder, and since when not.
    private var isWhole = false
    private var wasWhole = false
    private var brokenSince = Duration.zero
    /// The layer whose units are loaded first.
    private var neededLayer = 0

    init(config: Config, inventory: ExpertInventory, fingerprint: String, expertsPerToken: Int, status: ClusterStatus, group: any EventLoopGroup, logger: Logger) {
        self.config = config
        self.inventory = inventory
        self.fingerprint = fingerprint
        self.expertsPerToken = expertsPerToken
        self.status = status
        self.group = group
        self.logger = logger
        settings = config.settings
        load = ExpertLoad(inventory)
        (announcements, announced) = AsyncStream.makeStream()
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (needs, needed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// For as long as the router lives: connects to hosts that announce themselves and plans anew when they come or go.
    func run() async throws {
        tell()
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { await self.planWhenHostsChange() }
            tasks.addTask { for await layer in self.needs { await self.hurry(layer) } }
            tasks.addTask { try await self.lookRegularly() }
            for await host in announcements {
                tasks.addTask { await self.accompany(host) }
            }
        }
    }

    var now: Duration { start.duration(to: .now) }

    // MARK: hosts

    /// Of the plan in use.
    var mode: PlacementMode? { planned?.mode }

    /// A host says that it lives. The first time, the router connects to it.
    func announce(_ request: AnnounceRequest) throws -> AnnounceResponse {
        let address = try check(request)
        if let member = members[request.name] {
            if member.host.instance == request.instance {
                if request.draining, !member.isDraining { drain(request.name) }
                return AnnounceResponse(router: instance, planVersion: member.isConnected && hasPlanned && member.isSettled ? version : 0, released: isReleased(request.name))
            }
            guard !member.isConnected else {
                throw RPCError(.resourceExhausted, "a host named \(request.name) is here already, at \(member.host.address): every host needs a --name of its own")
            }
            lost(member.host, why: "a new instance of it announced itself")
        }
        guard !request.draining else { return AnnounceResponse(router: instance, planVersion: 0, released: true) }
        if let losses = quarantine.losses(keepingAway: request.name, at: now) {
            throw RPCError(.resourceExhausted, "host \(request.name) was lost \(losses) times soon after it came: it has to stay away for a while")
        }
        guard members.count < Self.hostsMax else { throw RPCError(.resourceExhausted, "\(Self.hostsMax) expert hosts are known already") }
        var limits = RPCLimits()
        limits.idleTimeout = config.silence
        let host = ExpertHostClient(request, address: address, rpc: RPCClient(address: address, limits: limits, group: group, logger: logger))
        members[request.name] = Member(host: host, joined: now, ready: UnitMap(inventory), wanted: UnitMap(inventory))
        announced.yield(host)
        logger.info("expert host announced", metadata: [
            "host": "\(host.name)", "address": "\(address)", "kernels": "\(request.kernels)", "threads": "\(request.threads)",
            "memory": "\(request.memoryBytes)", "bandwidth": "\(request.readBandwidth)",
        ])
        return AnnounceResponse(router: instance, planVersion: 0, released: false)
    }

    private func check(_ request: AnnounceRequest) throws -> Address {
        guard request.modelFingerprint == fingerprint else {
            throw RPCError(.failedPrecondition, "the router's checkpoint is \(fingerprint), host \(request.name) has \(request.modelFingerprint): they must be the same")
        }
        guard request.arithmetic == config.arithmetic else {
            throw RPCError(.failedPrecondition, "the router's arithmetic is \(config.arithmetic), that of host \(request.name) \(request.arithmetic): they must be the same")
        }
        for (what, text) in [("name", request.name), ("instance", request.instance)] {
            guard (1...Self.nameBytesMax).contains(text.utf8.count) else {
                throw RPCError(.invalidArgument, "an expert host's \(what) has 1 to \(Self.nameBytesMax) bytes, not \(text.utf8.count)")
            }
        }
        for (what, value) in [("memory_bytes", request.memoryBytes), ("read_bandwidth", request.readBandwidth)] {
            guard (1 ... 1 << 50).contains(value) else { throw RPCError(.invalidArgument, "host \(request.name): \(what) is \(value), expected 1 to 2^50") }
        }
        do { return try Address(parsing: request.address) } catch { throw RPCError(.invalidArgument, "host \(request.name): \(error)") }
    }

    /// Keeps the connection to one host until it breaks or the host is dismissed; then the host is gone until it announces itself again.
    private func accompany(_ host: ExpertHostClient) async {
        let states = host.rpc.stateChanges()
        let end = await withTaskGroup(of: String.self) { tasks in
            tasks.addTask {
                try? await host.rpc.run()
                return "its connection is closed"
            }
            tasks.addTask {
                await host.waitForDismissal()
                return "it is not wanted any more"
            }
            tasks.addTask {
                for await state in states {
                    switch state {
                    case .connecting: break
                    case .connected: await self.arrived(host)
                    case .disconnected(let reason): return reason.message
                    case .stopped: break
                    }
                }
                return "its connection is closed"
            }
            tasks.addTask {
                for await _ in host.bell { await self.bringUpToDate(host) }
                return "the router is stopping"
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? ""
        }
        lost(host, why: end)
    }

    private func arrived(_ host: ExpertHostClient) {
        guard change(host, { $0.isConnected = true }) else { return }
        host.ring()
        changed.yield()
        tell()
    }

    private func lost(_ host: ExpertHostClient, why: String) {
        guard isKnown(host), let member = members[host.name] else { return }
        members[host.name] = nil
        host.dismiss()
        host.health.forget()
        if !member.isDraining { quarantine.lost(host.name, joined: member.joined, at: now) }
        metrics.lost.increment()
        logger.notice("expert host gone", metadata: ["host": "\(host.name)", "why": "\(why)"])
        publish()
        changed.yield()
    }

    private func drain(_ name: String) {
        members[name]?.isDraining = true
        logger.info("expert host is stopping", metadata: ["host": "\(name)"])
        changed.yield()
    }

    /// Whether nothing is sent to a draining host any more.
    private func isReleased(_ name: String) -> Bool {
        guard let member = members[name], member.isDraining else { return false }
        // The last one has nobody to leave its units to, and may go once nobody needs them.
        return member.ready.eighthCount == 0 || (candidates.isEmpty && member.host.health.idleTime > Self.idleTime)
    }

    /// - Returns: false if this run of the host is gone.
    @discardableResult private func change(_ host: ExpertHostClient, _ body: (inout Member) -> Void) -> Bool {
        guard isKnown(host) else { return false }
        body(&members[host.name]!)
        return true
    }

    /// A host that was lost and has come again is another one, even if its process is the same.
    private func isKnown(_ host: ExpertHostClient) -> Bool { members[host.name]?.host.rpc === host.rpc }

    // MARK: what dispatch has seen

    /// Nobody holds units of this layer that a step waits for.
    nonisolated func need(layer: Int) { needed.yield(layer) }

    /// A host let a deadline pass: as long as it answers nothing, others hold its units.
    func late(_ host: ExpertHostClient, why: String) {
        guard isKnown(host) else { return }
        if host.health.lapsed(atMost: Self.lapsesMax) { return lost(host, why: why) }
        guard host.health.suspect() else { return }
        logger.notice("expert host does not answer", metadata: ["host": "\(host.name)", "why": "\(why)"])
        host.ring()
        publish()
        changed.yield()
    }

    /// A host may have answered wrongly: others hold its units while they are asked the same.
    ///
    /// - Returns: false where there are no others.
    func doubt(_ host: ExpertHostClient) -> Bool {
        guard members.values.contains(where: { $0.isConnected && $0.host.rpc !== host.rpc && !$0.host.health.isSuspect }) else { return false }
        guard change(host, { $0.isDoubted = true }) else { return true }
        _ = host.health.suspect()
        publish()
        changed.yield()
        return true
    }

    /// Others answered no better.
    func believe(_ host: ExpertHostClient) {
        guard change(host, { $0.isDoubted = false }), host.health.trust() else { return }
        publish()
        changed.yield()
    }

    /// A host answered what it must not answer, or is gone.
    func failed(_ host: ExpertHostClient, why: String) { lost(host, why: why) }

    /// A host does not hold what it said it did.
    func lacks(_ host: ExpertHostClient, layer: Int, _ pieces: [ExpertPiece]) {
        change(host) { member in
            for piece in pieces { member.ready.subtract(ExpertUnit(layer: layer, expert: piece.expert, slice: piece.slice)) }
        }
        publish()
        host.ring()
    }

    private func hurry(_ layer: Int) {
        neededLayer = layer
        for member in members.values { member.host.ring() }
    }

    // MARK: the plan

    private func planWhenHostsChange() async {
        for await _ in changes {
            if isWhole { try? await Task.sleep(for: Self.gathering) }       // several that come together make one plan
            makePlan()
        }
    }

    /// Those that can hold something. Hosts that are late count only where there is nobody else.
    private var candidates: [ExpertHostClient] {
        let all = members.values.filter { $0.isConnected && !$0.isDraining && !settings.drained.contains($0.host.name) }.map(\.host)
        let sound = all.filter { !$0.health.isSuspect }
        return sound.isEmpty ? all : sound
    }

    private func makePlan() {
        let hosts = candidates.sorted { $0.name < $1.name }
        defer { publish() }
        guard hasPlanned ? !hosts.isEmpty : hosts.count >= config.expected else { return }
        let shares = load.shares
        do {
            let mode = try mode(hosts, shares)
            let input = PlanInput(hosts: hosts.map(\.offer), settings: settings, mode: mode)
            let wish = PlacementWish(mode: mode, copies: settings.copies, hotCopies: settings.hotCopies, pins: settings.pins.filter { pin in hosts.contains { $0.name == pin.host } })
            let next = try Planner.plan(inventory, on: input.hosts, shares: shares, wish: wish, previous: placement)
            (problem, hasPlanned) = (nil, true)
            // Where nothing but the load has shifted, a plan that is hardly better is not worth what it moves.
            if let placement, input == planned, seconds(next, input, shares) > Self.worthwhile * seconds(placement, input, shares) { return adopt(placement) }
            planned = input
            adopt(next)
        } catch {
            problem = "\(error)"
            logger.error("no plan", metadata: ["why": "\(error)", "hosts": "\(hosts.count)"])
        }
    }

    /// What a plan was made for, but for the load.
    private struct PlanInput: Equatable {
        let hosts: [HostOffer]
        let settings: PlacementSettings
        let mode: PlacementMode
    }

    /// Predicted time of the experts' part of a step.
    private func seconds(_ placement: Placement, _ input: PlanInput, _ shares: ExpertShares, rows: Int? = nil) -> Double {
        StepPrediction.seconds(
            rows: rows ?? load.rowsPerStep, placement, inventory, input.hosts, shares: shares, expertsPerToken: expertsPerToken, hopSeconds: hopSeconds)
    }

    private func adopt(_ next: Placement) {
        let wanted = members.mapValues { member in
            next.hosts.firstIndex(of: member.host.name).map { UnitMap(next, host: $0, inventory) } ?? UnitMap(inventory)
        }
        guard next != placement || members.contains(where: { $0.value.wanted != wanted[$0.key] }) else { return }
        placement = next
        version += 1
        for (name, units) in wanted {
            members[name]?.wanted = units
            members[name]?.host.ring()
        }
        settle()
        logger.info("plan", metadata: [
            "version": "\(version)", "mode": "\(mode?.rawValue ?? "")", "hosts": "\(next.hosts.joined(separator: ","))",
            "to.load": "\(members.values.reduce(0) { $0 + $1.wanted.eighthCount - $1.ready.intersection($1.wanted).eighthCount })",
        ])
    }

    /// A layer waits for the slowest host.
    private var hopSeconds: Double { members.values.compactMap(\.host.health.hopSeconds).max() ?? LayerWork.hopSeconds }

    private func mode(_ hosts: [ExpertHostClient], _ shares: ExpertShares) throws(PlacementProblem) -> PlacementMode {
        for mode in PlacementMode.allCases {
            let input = PlanInput(hosts: hosts.map(\.offer), settings: settings, mode: mode)
            let plan = try Planner.plan(inventory, on: input.hosts, shares: shares, wish: PlacementWish(mode: mode, copies: settings.copies, hotCopies: settings.hotCopies), previous: placement)
            predictions[mode] = seconds(plan, input, shares)
        }
        let (latency, throughput) = (predictions[.latency] ?? 0, predictions[.throughput] ?? 0)
        switch settings.mode {
        case .latency: return .latency
        case .throughput: return .throughput
        case .auto:
            // Hosts of one machine share its memory: there slices only add calls.
            guard Set(hosts.map(\.machine)).count > 1 else { return .throughput }
            if chooser == nil { chooser = ModeChooser(mode: latency < throughput ? .latency : .throughput) }
            return chooser?.look(latency: latency, throughput: throughput) ?? .throughput
        }
    }

    /// From outside: another mode, number of copies, pins, hosts to empty.
    func set(_ settings: PlacementSettings) {
        self.settings = settings
        changed.yield()
    }

    // MARK: loading

    /// Lets one host load what it lacks, batch after batch, and let go of what it holds too much.
    private func bringUpToDate(_ host: ExpertHostClient) async {
        do throws(RPCError) {
            while let member = members[host.name], isKnown(host), member.isConnected {
                if member.holdsMore {
                    change(host) { $0.holdsMore = false }
                    _ = try await host.rpc.call(.retainExperts, RetainRequest(router: instance, units: Array(member.ready.units())), timeout: Self.loadTimeout)
                }
                let batch = nextBatch(members[host.name] ?? member)
                guard !batch.isEmpty || (host.health.isSuspect && !member.isDoubted) || members[host.name]?.holdsMore == true else { return }
                let request = HoldRequest(router: instance, modelFingerprint: fingerprint, planVersion: version, units: batch)
                _ = try await host.rpc.call(.holdExperts, request, timeout: Self.loadTimeout)
                if members[host.name]?.isDoubted != true, host.health.trust() {
                    logger.info("expert host answers again", metadata: ["host": "\(host.name)"])
                    changed.yield()
                }
                change(host) { $0.ready.formUnion(batch) }
                settle()
                publish()
            }
        } catch {
            lost(host, why: "it did not take its experts: \(error)")
        }
    }

    private func nextBatch(_ member: Member) -> [ExpertUnit] {
        var batch: [ExpertUnit] = [], bytes = 0
        for unit in member.wanted.units(notIn: member.ready, first: neededLayer) {
            bytes += inventory.layers[unit.layer][unit.expert].byteCount / unit.slice.count
            guard batch.isEmpty || (bytes <= Self.batchBytesMax && batch.count < Self.batchUnitsMax) else { break }
            batch.append(unit)
        }
        return batch
    }

    /// Once every host holds what the plan wants, what earlier plans wanted is let go.
    private func settle() {
        guard placement != nil, members.values.allSatisfy({ $0.isSettled || $0.host.health.isSuspect }) else { return }
        for name in members.keys {
            guard let member = members[name], member.ready != member.wanted, member.isSettled else { continue }
            members[name]?.ready = member.wanted
            members[name]?.holdsMore = true
            member.host.ring()
        }
    }

    // MARK: telling

    private func publish() {
        var table = RoutingTable()
        table.planVersion = version
        // Those that are about to go come last, so that nobody is sent to them without need.
        table.members = members.values.filter(\.isConnected).sorted { ($0.isDraining ? 1 : 0, $0.host.name) < ($1.isDraining ? 1 : 0, $1.host.name) }
            .map { RoutingTable.Member(host: $0.host, ready: $0.ready, wanted: $0.wanted) }
        table.cuts = placement?.cuts ?? inventory.layers.map { $0.map { _ in 1 } }
        routing.publish(table)
        let held = heldEighths(table), all = inventory.layers.reduce(0) { $0 + $1.count } * 8
        if isWhole, held < all { brokenSince = now }
        isWhole = held == all
        tell(held: held, of: all)
        metrics.record(members: members.values, version: version, heldShare: Double(held) / Double(max(1, all)))
    }

    /// Of all experts, what somebody can be asked for.
    private func heldEighths(_ table: RoutingTable) -> Int {
        let sound = table.members.filter { !$0.host.health.isSuspect }
        return (sound.isEmpty ? table.members : sound).reduce(into: UnitMap(inventory)) { $0.formUnion($1.ready) }.eighthCount
    }

    private func tell(held: Int = 0, of all: Int = 1) {
        let connected = members.values.count(where: \.isConnected)
        if isWhole {
            wasWhole = true
            return status.setExperts(missing: nil)
        }
        guard hasPlanned else {
            return status.setExperts(missing: problem ?? "\(connected) of \(config.expected) expert hosts are connected", fraction: 0)
        }
        // A gap that is being closed is not worth refusing a request for.
        guard !wasWhole || now - brokenSince > config.patience else { return }
        let loading = "experts are being loaded: \(held / 8) of \(all / 8) are there"
        status.setExperts(missing: problem ?? (connected == 0 ? "no expert host is ready" : loading), fraction: Double(held) / Double(all))
    }

    /// What no event tells: time that has passed, loads that have shifted.
    private func lookRegularly() async throws {
        var looks = 0
        while true {
            try await Task.sleep(for: Self.lookPeriod)
            routing.ring()
            if !isWhole { publish() }
            quarantine.tidy(at: now)
            looks += 1
            guard looks % Self.looksPerPlan == 0, load.hasNews() else { continue }
            load.report()
            changed.yield()
        }
    }

    private static let hostsMax = 1024
    private static let nameBytesMax = 255
    /// Several that arrive at about the same time make one plan.
    private static let gathering = Duration.milliseconds(100)
    private static let lookPeriod = Duration.milliseconds(250)
    private static let looksPerPlan = 20
    /// Deadlines that a host may let pass in a row.
    private static let lapsesMax = 3
    /// So long without a call, a host that wants to stop is not needed.
    private static let idleTime = Duration.seconds(1)
    /// What a plan's predicted time must be to that of the plan before it, if nothing but the load has shifted.
    private static let worthwhile = 0.9
    /// A disk may be slow.
    private static let loadTimeout = TimeAmount.seconds(120)
    private static let batchBytesMax = 128 << 20, batchUnitsMax = 4096
}
