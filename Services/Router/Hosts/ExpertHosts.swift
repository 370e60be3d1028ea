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
        var expected = 1
        /// Of the whole cluster.
        var arithmetic = "exact"
        var settings = PlacementSettings()
        /// After so long without a word a host is taken for dead.
        var silence = TimeAmount.seconds(5)
        /// How long steps wait for units that nobody holds.
        var patience = Duration.seconds(30)
        /// See `SpinOptions`.
        var vigil = TimeAmount.zero
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
        /// Bytes a second, as it said last, and of how many measurements that is the median; 0: its operator has set
        /// it.
        var bandwidth: Double
        var measurements: Int
        var ready: UnitMap
        var wanted: UnitMap
        /// Everything the plan wants of it is there.
        var isSettled: Bool { ready.isSuperset(of: wanted) }
        /// Of what the plan wants of it, what is not there yet.
        var missingEighths: Int { wanted.eighthCount - ready.intersection(wanted).eighthCount }
    }

    /// The router's own name: what a host holds for another router is no business of this one.
    nonisolated let instance = String(UInt64.random(in: .min ... .max), radix: 16)
    nonisolated let config: Config
    nonisolated let routing = Routing()
    nonisolated let load: ExpertLoad
    nonisolated let inventory: ExpertInventory
    let fingerprint: String
    /// What hosts must have read.
    let proof: WeightProof
    let expertsPerToken: Int
    let status: ClusterStatus
    let group: any EventLoopGroup
    let logger: Logger
    let start = ContinuousClock.now
    let metrics = PlacementMetrics()

    let announcements: AsyncStream<ExpertHostClient>
    let announced: AsyncStream<ExpertHostClient>.Continuation
    let changes: AsyncStream<Void>
    let changed: AsyncStream<Void>.Continuation
    nonisolated let needed: AsyncStream<Int>.Continuation
    let needs: AsyncStream<Int>

    var settings: PlacementSettings
    /// Announced and not yet gone, by name.
    var members: [String: Member] = [:]
    var version = 0
    var placement: Placement?
    /// The placement's.
    var cuts: [[Int]] = []
    var predictions: [PlacementMode: Double] = [:]
    /// Why there is no plan for the hosts there are.
    var problem: String?
    var chooser: ModeChooser?
    var planned: PlanInput?
    var quarantine = Quarantine()
    /// Runs of hosts that have read what is not the model, and what that was; the last of them.
    var damaged: [String: String] = [:]
    var lastDamage: String?
    /// What hosts that are refused were told last.
    var refusals: [String: RPCError] = [:]
    /// Of lines about hosts that are refused, and about hosts that never answered: whoever reaches the control port can make up hosts.
    var refusalLines = LineAllowance(burst: 64, interval: .seconds(10))
    var strangerLines = LineAllowance(burst: 256, interval: .seconds(10))
    /// Once there was a plan, any number of hosts will do.
    var hasPlanned = false
    var availability: Availability
    var speeds = HostSpeeds()
    /// The layer whose units are loaded first.
    var neededLayer = 0

    init(
        config: Config, inventory: ExpertInventory, fingerprint: String, proof: WeightProof, expertsPerToken: Int,
        status: ClusterStatus, group: any EventLoopGroup, logger: Logger
    ) {
        self.config = config
        self.inventory = inventory
        self.fingerprint = fingerprint
        self.proof = proof
        self.expertsPerToken = expertsPerToken
        self.status = status
        self.group = group
        self.logger = logger
        settings = config.settings
        availability = Availability(patience: config.patience)
        load = ExpertLoad(inventory)
        (announcements, announced) = AsyncStream.makeStream()
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (needs, needed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// For as long as the router lives: connects to hosts that announce themselves and plans anew when they come or go.
    func run() async throws {
        publish()
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
}
