internal import Logging
internal import Messages
internal import Transport

/// The processes of one role that have announced themselves to the router: who is one of them, who is connected, how
/// far each is trusted, and which units of experts each holds and shall hold. Attention services hold no units.
///
/// A value without socket, clock or task: whoever owns it tells it what has happened, and does what it says.
struct Membership: Sendable {
    /// What has to be done after an event, in this order.
    enum Action: Sendable, Equatable {
        /// Connect to a member that has just been admitted.
        case connect(Member.ID)
        /// Close the connection: it is no member any more.
        case dismiss(Member.ID)
        /// There is something to tell this member: look at `nextErrand`.
        case signal(Member.ID)
        /// Publish a new routing table.
        case publish
        /// Make a new plan, together with others that are asked for at about the same time.
        case plan
        case log(LogLine)
    }

    /// What an announcement comes to.
    enum Answer: Sendable, Equatable {
        case member(Member.ID)
        /// It is about to stop and is no member: it may.
        case mayStop
        case refused(Refusal)
    }

    /// What a member has to be asked for.
    enum Errand: Sendable, Equatable {
        /// To keep these units and let go of all others.
        case keep([ExpertUnit])
        /// To load these units. There may be none: then any answer shows that the member is not late any more.
        case load([ExpertUnit])
    }

    let role: MemberRole
    let inventory: ExpertInventory
    /// By name.
    private(set) var members: [String: Member] = [:]
    private var admission: Admission
    /// Of the member that was admitted last.
    private var lastNumber = 0
    /// The layer whose units are loaded first.
    private var neededLayer = 0

    /// - Parameters:
    ///   - role: of all members; processes of another one are refused.
    ///   - inventory: the experts of which members hold units.
    ///   - fingerprint: of the router's checkpoint; others are refused.
    ///   - arithmetic: of the whole cluster; processes that compute otherwise are refused.
    init(
        role: MemberRole, inventory: ExpertInventory = ExpertInventory(layers: []), fingerprint: String,
        arithmetic: String
    ) {
        (self.role, self.inventory) = (role, inventory)
        admission = Admission(role: role, fingerprint: fingerprint, arithmetic: arithmetic)
    }

    /// The member, as long as it is one.
    subscript(id: Member.ID) -> Member? {
        guard let member = members[id.name], member.id == id else { return nil }
        return member
    }

    // MARK: coming

    /// A process announces itself. The first time, it becomes a member, or is refused; later it only brings news. That
    /// announcements stop means nothing: a member is lost with its connection (`MemberConnection`).
    mutating func announced(_ request: AnnounceRequest, at now: Duration) -> (answer: Answer, actions: [Action]) {
        var actions: [Action] = []
        do throws(Refusal) {
            let answer = try answer(request, at: now, &actions)
            return (answer, actions)
        } catch {
            let line = admission.line(about: error, of: request.name, at: now)
            return (.refused(error), actions + Self.log(line))
        }
    }

    private mutating func answer(
        _ request: AnnounceRequest, at now: Duration, _ actions: inout [Action]
    ) throws(Refusal) -> Answer {
        let address = try admission.check(request)
        if let member = members[request.name] {
            if member.instance == request.instance { return .member(renew(member.id, request, &actions)) }
            guard !member.isConnected else {
                throw .nameIsTaken(request.name, address: "\(member.address)")
            }
            actions += lost(member.id, why: "a new instance of it announced itself", at: now)
        }
        guard !request.draining else { return .mayStop }
        if case .quarantined(let losses) = standing(of: request.name, at: now) {
            throw .quarantined(name: request.name, losses: losses)
        }
        guard members.count < Self.membersMax else { throw .tooManyHosts(Self.membersMax) }
        return .member(admit(request, address: address, at: now, &actions))
    }

    /// A member has announced itself again.
    private mutating func renew(_ id: Member.ID, _ request: AnnounceRequest, _ actions: inout [Action]) -> Member.ID {
        let stopping = line(.info, "is stopping", of: id)
        change(id) { member in
            (member.bandwidth, member.measurements) = (Double(request.readBandwidth), request.bandwidthMeasurements)
            guard request.draining, !member.isDraining else { return }
            member.isDraining = true
            actions += [.log(stopping), .plan]
        }
        return id
    }

    private mutating func admit(
        _ request: AnnounceRequest, address: Address, at now: Duration, _ actions: inout [Action]
    ) -> Member.ID {
        lastNumber += 1
        let member = Member(
            request, number: lastNumber, role: role, address: address, inventory: inventory, at: now)
        members[request.name] = member
        actions.append(.connect(member.id))
        let line = LogLine(
            .info, "\(role.title) announced",
            [
                role.logKey: "\(member.name)", "address": "\(address)", "kernels": "\(request.kernels)",
                "threads": "\(request.threads)", "memory": "\(request.memoryBytes)",
                "bandwidth": "\(request.readBandwidth)",
            ])
        actions += Self.log(admission.lineAboutStranger(line, at: now))
        return member.id
    }

    /// The connection to a member stands.
    mutating func connected(_ id: Member.ID) -> [Action] {
        change(id) { $0.isConnected = true } ? [.signal(id), .plan, .publish] : []
    }

    // MARK: going

    /// A member's connection is lost, or it answered what it must not answer.
    mutating func lost(_ id: Member.ID, why: String, at now: Duration) -> [Action] {
        guard let member = self[id] else { return [] }
        members[id.name] = nil
        if !member.isDraining { admission.lost(member, at: now) }
        let gone = line(.notice, "gone", of: id, why: why)
        let told = member.isConnected ? gone : admission.lineAboutStranger(gone, at: now)
        return [.dismiss(id)] + Self.log(told) + [.publish, .plan]
    }

    /// A member has read weights that are not the model's: this run of it is never admitted again.
    mutating func damaged(_ id: Member.ID, fault: String, at now: Duration) -> [Action] {
        guard let member = self[id] else { return [] }
        let sentence = "\(role.title) \(id.name) holds damaged or foreign weights: \(fault)"
        admission.foundDamage(of: member.instance, sentence)
        let line = LogLine(.error, "damaged weights", [role.logKey: "\(id.name)", "why": "\(fault)"])
        return [.log(line)] + lost(id, why: sentence, at: now)
    }

    /// Nothing is missing, so that nobody needs to know what was wrong with a process that is gone.
    mutating func forgetLastDamage() { admission.forgetLastDamage() }

    /// Time has passed.
    mutating func tidy(at now: Duration) { admission.tidy(at: now) }

    // MARK: standing

    /// How far whoever has this name is trusted; nil where it is unknown and may come.
    func standing(of name: String, at now: Duration) -> Member.Standing? {
        members[name]?.standing ?? admission.lossesOfQuarantined(name, at: now).map { .quarantined(losses: $0) }
    }

    /// A member let a deadline pass: until it answers something, others hold its units.
    ///
    /// - Parameter lapses: how many deadlines it let pass since it answered last.
    mutating func late(_ id: Member.ID, why: String, lapses: Int, at now: Duration) -> [Action] {
        guard let member = self[id] else { return [] }
        guard lapses < Self.lapsesMax else { return lost(id, why: why, at: now) }
        guard member.isSound else { return [] }
        change(id) { $0.standing = .late }
        return [.log(line(.notice, "does not answer", of: id, why: why)), .signal(id), .publish, .plan]
    }

    /// A member may have answered wrongly: others hold its units while they are asked the same.
    ///
    /// - Returns: nil where there are no others who could be asked.
    mutating func doubted(_ id: Member.ID) -> [Action]? {
        guard members.values.contains(where: { $0.isConnected && $0.isSound && $0.id != id }) else { return nil }
        return change(id) { $0.standing = .doubted } ? [.publish, .plan] : []
    }

    /// Others answered no better than this member.
    mutating func believed(_ id: Member.ID) -> [Action] {
        guard let member = self[id], !member.isSound else { return [] }
        change(id) { $0.standing = .sound }
        return [.publish, .plan]
    }

    // MARK: units

    /// The plan wants other units of members.
    ///
    /// - Parameter wants: by name; who is not named keeps what was wanted of it.
    mutating func wantsChanged(_ wants: [String: UnitMap]) -> [Action] {
        for (name, units) in wants { members[name]?.units.want(units) }
        let told = wants.keys.sorted().compactMap { members[$0]?.id }
        return told.map { .signal($0) } + settle()
    }

    /// A step waits for units of this layer, which nobody holds.
    mutating func needed(layer: Int) -> [Action] {
        neededLayer = layer
        return members.values.map { .signal($0.id) }
    }

    /// What this member has to be asked for next, if it is connected; nil where there is nothing. To be asked when the
    /// member is signalled, and again after each answer.
    mutating func nextErrand(_ id: Member.ID) -> Errand? {
        guard let member = self[id], member.isConnected else { return nil }
        if role == .attention { return member.standing == .late ? .load([]) : nil }
        if let units = members[id.name]?.units.unitsToKeep() { return .keep(units) }
        let batch = member.units.nextBatch(first: neededLayer, inventory)
        return batch.isEmpty && member.standing != .late ? nil : .load(batch)
    }

    /// A member has done a `load`.
    mutating func loaded(_ id: Member.ID, _ units: [ExpertUnit]) -> [Action] {
        guard let member = self[id] else { return [] }
        var actions: [Action] = []
        if member.standing == .late {
            change(id) { $0.standing = .sound }
            actions = [.log(line(.info, "answers again", of: id)), .plan]
        }
        change(id) { $0.units.add(units) }
        return actions + settle() + [.publish]
    }

    /// A member does not hold units that it was thought to hold.
    mutating func lacks(_ id: Member.ID, _ units: [ExpertUnit]) -> [Action] {
        change(id) { $0.units.remove(units) } ? [.publish, .signal(id)] : []
    }

    /// Once every member that answers holds what the plan wants of it, what earlier plans wanted is let go.
    private mutating func settle() -> [Action] {
        guard members.values.allSatisfy({ $0.units.isSettled || !$0.isSound }) else { return [] }
        return members.keys.sorted().compactMap { name in
            guard members[name]?.units.giveUpUnwanted() == true, let id = members[name]?.id else { return nil }
            return .signal(id)
        }
    }

    // MARK: looking

    /// Those that can hold something, by name. Who does not answer in time counts only where nobody else is left.
    ///
    /// - Parameter drained: names of members that shall hold nothing.
    func candidates(drained: Set<String> = []) -> [Member] {
        members.values.filter { $0.isConnected && !$0.isDraining && !drained.contains($0.name) }
            .soundElseAll.sorted { $0.name < $1.name }
    }

    /// Those that can be asked, by name; those that are about to stop come last, so that they are not asked without
    /// need.
    var connected: [Member] {
        members.values.filter(\.isConnected)
            .sorted { ($0.isDraining ? 1 : 0, $0.name) < ($1.isDraining ? 1 : 0, $1.name) }
    }

    /// Whether a member that is about to stop may do so, because nothing is sent to it any more.
    ///
    /// - Parameters:
    ///   - idle: for how long it has answered no call.
    ///   - drained: names of members that shall hold nothing.
    func isReleased(_ id: Member.ID, idle: Duration, drained: Set<String> = []) -> Bool {
        guard let member = self[id], member.isDraining else { return false }
        if role == .attention { return idle > Self.idleMin }
        // The last one has nobody to leave its units to, and may go once nobody needs them.
        return member.units.ready.eighthCount == 0 || (candidates(drained: drained).isEmpty && idle > Self.idleMin)
    }

    /// What availability is judged by.
    ///
    /// - Parameters:
    ///   - expected: how many hosts the first plan waits for; nil once there was one.
    ///   - problem: why there is no plan for these hosts.
    func sight(expected: Int?, problem: String?) -> Availability.Sight {
        let connected = connected, holders = connected.soundElseAll
        let held = holders.heldEighths(inventory), all = inventory.layers.reduce(0) { $0 + $1.count } * 8
        let planned =
            held == all
            ? all
            : holders.reduce(into: UnitMap(inventory)) {
                $0.formUnion($1.units.ready)
                $0.formUnion($1.units.wanted)
            }.eighthCount
        return Availability.Sight(
            held: held, all: all, connectedCount: connected.count, soundCount: connected.count(where: \.isSound),
            isBeingLoaded: planned == all, expectedCount: expected, problem: problem, damage: admission.lastDamage)
    }

    /// - Returns: false if it is no member any more.
    @discardableResult
    private mutating func change(_ id: Member.ID, _ body: (inout Member) -> Void) -> Bool {
        guard self[id] != nil else { return false }
        body(&members[id.name]!)
        return true
    }

    /// A line about a member, which begins with what kind of process it is.
    private func line(_ level: Logger.Level, _ what: String, of id: Member.ID, why: String? = nil) -> LogLine {
        var metadata: Logger.Metadata = [role.logKey: "\(id.name)"]
        if let why { metadata["why"] = "\(why)" }
        return LogLine(level, "\(role.title) \(what)", metadata)
    }

    private static func log(_ line: LogLine?) -> [Action] { line.map { [.log($0)] } ?? [] }

    private static let membersMax = 1024
    /// A member that has left so many calls in a row unanswered when it lets a deadline pass is lost.
    private static let lapsesMax = 3
    /// A member that wants to stop is not needed once it has had no call for so long.
    private static let idleMin = Duration.seconds(1)
}
