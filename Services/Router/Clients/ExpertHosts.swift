internal import Checkpoint
internal import Cluster
internal import Logging
internal import Messages
internal import Metrics
internal import NIOCore
internal import Transport

/// The expert hosts there are, and the plan that says who holds what.
///
/// Hosts announce themselves; each becomes a child task that lives as long as its connection. Whenever the set of connected hosts
/// changes, a new plan is made, assigned to every host and then published: steps that began with the old plan end with it.
actor ExpertHosts {
    private let config: ModelConfig
    private let fingerprint: String
    private let expected: Int
    private let status: ClusterStatus
    private let group: any EventLoopGroup
    private let logger: Logger

    private let connectedGauge = Gauge(label: "minimax_expert_hosts_connected")
    private let versionGauge = Gauge(label: "minimax_plan_version")
    private let lostCounter = Counter(label: "minimax_expert_hosts_lost_total")

    private let announcements: AsyncStream<ExpertHostClient>
    private let announced: AsyncStream<ExpertHostClient>.Continuation
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    /// Announced and not yet gone, by name.
    private var known: [String: ExpertHostClient] = [:]
    /// Those of `known` whose connection is up.
    private var connected: Set<String> = []
    private var version = 0
    private var hasPlanned = false
    private var plan: PlacementPlan?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameter expected: how many hosts to wait for before the first plan.
    init(config: ModelConfig, fingerprint: String, expected: Int, status: ClusterStatus, group: any EventLoopGroup, logger: Logger) {
        self.config = config
        self.fingerprint = fingerprint
        self.expected = expected
        self.status = status
        self.group = group
        self.logger = logger
        (announcements, announced) = AsyncStream.makeStream()
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// For as long as the router lives: connects to hosts that announce themselves and plans anew when they come or go.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { await self.planWhenHostsChange() }
            for await host in announcements {
                tasks.addTask { await self.accompany(host) }
            }
        }
    }

    /// A host says that it lives. The first time, the router connects to it.
    func announce(_ request: AnnounceRequest) throws -> AnnounceResponse {
        guard request.modelFingerprint == fingerprint else {
            throw RPCError(.failedPrecondition, "the router's checkpoint is \(fingerprint), host \(request.name) has \(request.modelFingerprint): they must be the same")
        }
        for (what, text) in [("name", request.name), ("instance", request.instance)] {
            guard (1...Self.nameBytesMax).contains(text.utf8.count) else {
                throw RPCError(.invalidArgument, "an expert host's \(what) has 1 to \(Self.nameBytesMax) bytes, not \(text.utf8.count)")
            }
        }
        let address: Address
        do { address = try Address(parsing: request.address) } catch { throw RPCError(.invalidArgument, "host \(request.name): \(error)") }
        if let host = known[request.name] {
            if host.instance == request.instance {
                if request.draining { lost(host, why: "it is stopping", finishesCalls: true) }
                let holds = plan?.hosts.contains { $0.name == host.name && $0.instance == host.instance } ?? false
                return AnnounceResponse(planVersion: holds ? version : 0)
            }
            lost(host, why: "a new instance of it announced itself")
        }
        guard !request.draining else { return AnnounceResponse(planVersion: 0) }
        guard known.count < ExpertHosts.hostsMax else { throw RPCError(.resourceExhausted, "\(ExpertHosts.hostsMax) expert hosts are known already") }
        let host = ExpertHostClient(
            name: request.name, instance: request.instance, address: address, rpc: RPCClient(address: address, group: group, logger: logger))
        known[request.name] = host
        announced.yield(host)
        logger.info("expert host announced", metadata: [
            "host": "\(host.name)", "address": "\(address)", "kernels": "\(request.kernels)", "threads": "\(request.threads)",
        ])
        return AnnounceResponse(planVersion: 0)
    }

    /// The plan to route by; waits a moment where one is just being made.
    func currentPlan() async throws -> PlacementPlan {
        if let plan { return plan }
        guard canPlan else { throw ClusterError.noExpertHosts }
        await withCheckedContinuation { waiting.append($0) }
        try Task.checkCancellation()
        guard let plan else { throw ClusterError.noExpertHosts }
        return plan
    }

    /// Once there was a plan, any number of hosts will do; before, all that are expected must be there.
    private var canPlan: Bool { !connected.isEmpty && (hasPlanned || connected.count >= expected) }

    private func tellStatus() {
        let missing = hasPlanned ? "no expert host is ready" : "\(connected.count) of \(expected) expert hosts are connected"
        status.setExperts(missing: hasPlanned && canPlan ? nil : missing)
        connectedGauge.record(connected.count)
        versionGauge.record(version)
    }

    // MARK: one host

    /// Keeps the connection to one host until it breaks or the host is dismissed; then the host is gone until it announces itself again.
    private func accompany(_ host: ExpertHostClient) async {
        let states = host.rpc.stateChanges()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await host.rpc.run() }
            tasks.addTask { await host.waitForDismissal() }
            tasks.addTask {
                for await state in states {
                    switch state {
                    case .connecting: break
                    case .connected: await self.arrived(host)
                    case .disconnected, .stopped: return
                    }
                }
            }
            await tasks.next()
            tasks.cancelAll()
        }
        lost(host, why: "its connection is closed")
    }

    private func arrived(_ host: ExpertHostClient) {
        guard known[host.name]?.instance == host.instance else { return }
        connected.insert(host.name)
        tellStatus()
        changed.yield()
    }

    /// - Parameter finishesCalls: the host itself closes the connection when the calls under way are answered.
    private func lost(_ host: ExpertHostClient, why: String, finishesCalls: Bool = false) {
        guard known[host.name]?.instance == host.instance else { return }
        known[host.name] = nil
        if !finishesCalls { host.dismiss() }
        lostCounter.increment()
        logger.notice("expert host gone", metadata: ["host": "\(host.name)", "why": "\(why)"])
        guard connected.remove(host.name) != nil else { return }
        if plan?.hosts.contains(where: { $0.name == host.name }) == true { plan = nil }
        tellStatus()
        changed.yield()
    }

    // MARK: the plan

    private func planWhenHostsChange() async {
        for await _ in changes { await makePlan() }
    }

    /// Assigns the experts anew. A host that does not take its part is left out, and the rest is planned again.
    private func makePlan() async {
        while true {
            let hosts = connected.sorted().compactMap { known[$0] }
            guard canPlan else { return release() }
            version += 1
            let next = PlacementPlan(version: version, hosts: hosts)
            let refused = await assign(next)
            for (host, error) in refused { lost(host, why: "it did not take its experts: \(error)") }
            guard refused.isEmpty, connected.isSuperset(of: hosts.map(\.name)) else { continue }
            plan = next
            hasPlanned = true
            tellStatus()
            logger.info("plan", metadata: ["version": "\(version)", "hosts": "\(hosts.map(\.name).joined(separator: ","))"])
            return release()
        }
    }

    private func assign(_ plan: PlacementPlan) async -> [(ExpertHostClient, RPCError)] {
        let units = allUnits, fingerprint = fingerprint
        return await withTaskGroup(of: (ExpertHostClient, RPCError)?.self) { tasks in
            for (index, host) in plan.hosts.enumerated() {
                tasks.addTask {
                    let request = AssignRequest(planVersion: plan.version, modelFingerprint: fingerprint, units: plan.units(of: index, among: units))
                    do throws(RPCError) {
                        _ = try await host.assign(request, timeout: ExpertHosts.assignTimeout)
                        return nil
                    } catch {
                        return (host, error)
                    }
                }
            }
            return await tasks.reduce(into: []) { if let refusal = $1 { $0.append(refusal) } }
        }
    }

    private var allUnits: [ExpertUnit] {
        config.sharedIntermediateSizes.indices.flatMap { layer in
            (0 ..< config.expertCount + (config.sharedIntermediateSizes[layer] > 0 ? 1 : 0)).map { ExpertUnit(layer: layer, expert: $0) }
        }
    }

    /// Lets the steps that wait for a plan look again.
    private func release() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    private static let hostsMax = 1024
    private static let nameBytesMax = 255
    /// Mapping weights touches no bytes of them, but a disk may be slow to open.
    private static let assignTimeout = TimeAmount.seconds(30)
}
