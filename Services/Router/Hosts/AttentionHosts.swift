internal import AdminMessages
internal import Checkpoint
internal import Logging
internal import Messages
internal import NIOCore
internal import Tensors
internal import Transport
internal import TypedCalls

/// Performs what `Membership` decides about the attention services: holds their connections, and tells whoever computes
/// with them (`AttentionMemberUser`) who is there.
actor AttentionHosts: AnnouncementReceiver {
    struct Config: Sendable {
        /// This run of the router, as answers to announcements name it.
        let instance: String
        /// The same, as calls to attention name it.
        let router: UInt64
        /// Of the router's checkpoint.
        let fingerprint: String
        /// Of the whole cluster: "exact" or "fast".
        let arithmetic: String
        /// Of the connections.
        let limits: RPCLimits
        /// Into how many parts the model's attention can be cut at most.
        let partsMax: Int
        /// Into how many parts it shall be cut.
        var parts = AttentionPartsGoal.auto
        /// How keys and values are stored in all of them.
        var keyValues = FloatFormat.float32

        /// What they all have to compute with; see `FloatFormat.attention`.
        var attentionArithmetic: String { keyValues.attention(in: arithmetic) }
    }

    private let config: Config
    private let user: any AttentionMemberUser
    private let group: any EventLoopGroup
    private let logger: Logger
    private var metrics = AttentionMemberMetrics()
    private let start = ContinuousClock.now

    private(set) var membership: Membership
    private(set) var parts: AttentionPartsGoal
    private var connections: [Member.ID: MemberConnection] = [:]
    /// How many deadlines each has let pass since it answered last.
    private var lapses: [Member.ID: Int] = [:]
    /// Of those of whom the user was told that they are connected.
    private var known: Set<Member.ID> = []
    /// Why members that are being dismissed are lost.
    private var endings: [Member.ID: String] = [:]

    private let admitted = AsyncStream.makeStream(of: MemberConnection.self)

    /// - Parameter user: is told who is there.
    init(_ config: Config, user: any AttentionMemberUser, group: any EventLoopGroup, logger: Logger) {
        (self.config, self.user, self.group, self.logger) = (config, user, group, logger)
        parts = config.parts
        membership = Membership(
            role: .attention, fingerprint: config.fingerprint, arithmetic: config.attentionArithmetic)
    }

    /// For as long as the router lives: connects to services that announce themselves.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { try await self.tidyRegularly() }
            tasks.addTask { try await self.user.run(self) }
            for await connection in admitted.stream {
                tasks.addTask { await self.accompany(connection) }
            }
        }
    }

    private func tidyRegularly() async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            membership.tidy(at: now)
            await showMembers()
        }
    }

    /// Tells Prometheus who is there and what each has.
    private func showMembers() async {
        var uses: [Member.ID: AttentionUse] = [:]
        for member in membership.members.values { uses[member.id] = await user.use(of: member.id) }
        // Some may have gone meanwhile.
        metrics.record(
            membership.members.values.map { member in
                AttentionMemberMetrics.View(
                    name: member.name, standing: member.state, memoryBytes: member.memoryBytes, use: uses[member.id])
            })
    }

    /// On the clock of the membership's events.
    private var now: Duration { start.duration(to: .now) }

    // MARK: events

    func announce(_ request: AnnounceRequest) async throws(RPCError) -> AnnounceResponse {
        let wasDraining = membership.members[request.name]?.isDraining == true
        let (answer, actions) = membership.announced(request, at: now)
        perform(actions)
        switch answer {
        case .refused(let refusal): throw RPCError(refusal.code, refusal.sentence(to: membership.role))
        case .mayStop: return AnnounceResponse(router: config.instance, planVersion: 0, released: true)
        case .member(let id):
            if !wasDraining, membership[id]?.isDraining == true { await user.draining(id) }
            let isIdle = await user.use(of: id)?.isIdle ?? true
            return AnnounceResponse(
                router: config.instance, planVersion: membership[id]?.isConnected == true ? 1 : 0,
                released: membership.isReleased(id, idle: isIdle ? Self.unused : .zero))
        }
    }

    /// A member is gone, or answered what it must not answer.
    func lost(_ id: Member.ID, why: String) {
        guard membership[id] != nil else { return }
        endings[id] = why
        perform(membership.lost(id, why: why, at: now))
    }

    /// A member let a deadline pass. It is asked whether it still answers; if not, or if this happens again and again,
    /// it is lost.
    func late(_ id: Member.ID, why: String) {
        guard membership[id] != nil else { return }
        lapses[id, default: 0] += 1
        endings[id] = why
        perform(membership.late(id, why: why, lapses: lapses[id] ?? 1, at: now))
    }

    /// What a member has read is not the model: this run of it is never admitted again.
    func damaged(_ id: Member.ID, fault: String) {
        guard membership[id] != nil else { return }
        endings[id] = "it holds damaged or foreign weights: \(fault)"
        perform(membership.damaged(id, fault: fault, at: now))
    }

    // MARK: connections

    /// Keeps the connection to one service for as long as it is a member.
    private func accompany(_ connection: MemberConnection) async {
        let id = connection.id
        let end = await connection.run {
            await self.connected(connection)
        } onErrand: {
            await self.runErrand(connection)
        }
        perform(membership.lost(id, why: end, at: now))
        let why = endings.removeValue(forKey: id) ?? end
        lapses[id] = nil
        if known.remove(id) != nil { await user.lost(id, why: why) }
    }

    private func connected(_ connection: MemberConnection) async {
        perform(membership.connected(connection.id))
        guard let member = membership[connection.id] else { return }
        known.insert(member.id)
        await user.connected(member, connection.rpc)
    }

    /// A member that is late is asked something that it can answer at once.
    private func runErrand(_ connection: MemberConnection) async {
        guard membership.nextErrand(connection.id) != nil else { return }
        do throws(RPCError) {
            let description = try await connection.rpc.call(
                .describeAttention, DescribeRequest(router: config.router), timeout: Self.answerTime)
            if let fault = description.stallFault { return lost(connection.id, why: fault) }
            (lapses[connection.id], endings[connection.id]) = (nil, nil)
            perform(membership.loaded(connection.id, []))
        } catch {
            lost(connection.id, why: "it does not answer: \(error)")
        }
    }

    private func perform(_ actions: [Membership.Action]) {
        for action in actions {
            switch action {
            case .connect(let id): connect(id)
            case .dismiss(let id):
                connections.removeValue(forKey: id)?.dismissal.send()
                metrics.countLoss()
            case .signal(let id): connections[id]?.errands.send()
            case .publish, .plan: metrics.record(connected: membership.members.values.count(where: \.isConnected))
            case .log(let line): logger.log(level: line.level, line.message, metadata: line.metadata)
            }
        }
    }

    private func connect(_ id: Member.ID) {
        guard let member = membership[id] else { return }
        let rpc = RPCClient(address: member.address, limits: config.limits, group: group, logger: logger)
        let connection = MemberConnection(id, rpc: rpc)
        connections[id] = connection
        admitted.continuation.yield(connection)
    }

    // MARK: what the operator sees and wants

    /// What the admin endpoint tells.
    func report() async -> AttentionReport {
        var members: [AttentionReport.Member] = [], uses: [AttentionUse] = []
        for member in membership.members.values.sorted(by: { $0.name < $1.name }) {
            let use = await user.use(of: member.id)
            if let use { uses.append(use) }
            members.append(AttentionReport.Member(member, use))
        }
        return AttentionReport(
            partsWanted: parts, parts: uses.compactMap { $0.part?.count }.max() ?? 0,
            replicas: Set(uses.compactMap(\.replica)).count, members: members)
    }

    /// - Throws: where the model's attention cannot be cut so.
    nonisolated func check(_ parts: AttentionPartsGoal) throws(PlanChangeError) {
        guard case .fixed(let count) = parts, count > config.partsMax else { return }
        throw PlanChangeError(
            "attention_parts is \(count), and this model's attention can be cut into \(config.partsMax) at most")
    }

    /// The operator wants attention to be cut into so many parts, which has been checked.
    func set(_ parts: AttentionPartsGoal) async {
        self.parts = parts
        await user.wanted(parts: parts)
    }

    /// How long a member may take to say how it stands.
    static let answerTime = TimeAmount.seconds(5)
    /// How long a member counts as idle that nobody needs.
    private static let unused = Duration.seconds(3600)
}

extension AttentionDescription {
    /// Why the service is of no use although it answers; nil where it is. One call takes seconds at most; a thread that
    /// waits for something that never comes takes for ever.
    var stallFault: String? {
        let stall = Duration.milliseconds(stalledMilliseconds)
        return stall < .seconds(60) ? nil : "it has been computing one call for \(Int(stall / .seconds(1))) s"
    }
}

extension AttentionReport.Member {
    fileprivate init(_ member: Member, _ use: AttentionUse?) {
        self.init(
            name: member.name, role: member.role.rawValue, address: "\(member.address)", kernels: member.kind.kernels,
            standing: member.state, memoryBytes: member.memoryBytes, part: use?.part?.index, replica: use?.replica,
            sequences: use?.sequences ?? 0)
    }
}
