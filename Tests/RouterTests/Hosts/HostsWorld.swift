import AdminMessages
import Messages

@testable import Router

/// A membership of either role, and a plan of experts for hosts, to which things happen at random. It does what they
/// ask for as `ExpertHosts` does, but without sockets and clocks, and checks after every event what must always hold.
struct HostsWorld {
    /// How often each claim was put to the test; a claim says nothing where it was not.
    struct Counts {
        var plans = 0, impossible = 0, quarantined = 0, damaged = 0, released = 0, doubted = 0, letGo = 0, quiet = 0

        mutating func add(_ other: Counts) {
            plans += other.plans
            impossible += other.impossible
            quarantined += other.quarantined
            damaged += other.damaged
            released += other.released
            doubted += other.doubted
            letGo += other.letGo
            quiet += other.quiet
        }

        func areEnough(for role: MemberRole) -> Bool {
            let ofBoth = [quarantined, damaged, released, doubted, quiet], ofHosts = [plans, impossible, letGo]
            return (role == .expertHost ? ofBoth + ofHosts : ofBoth).allSatisfy { $0 > 3 }
        }
    }

    /// What dispatch was told of one host.
    private struct Route: Equatable {
        let id: Member.ID
        let isSound: Bool
        let ready: UnitMap
    }

    private let role: MemberRole
    /// Attention services hold no units.
    private let inventory: ExpertInventory
    private var random: RandomSource
    private var membership: Membership
    private var keeper: PlanKeeper
    private var now = Duration.zero
    /// As the actor has them: connections, who was signalled and not looked after yet, and the routing table.
    private var clients: Set<Member.ID> = []
    private var signalled: Set<Member.ID> = []
    private var isPlanDue = false
    private var routes: [Route] = []
    /// Loads that hosts were asked for and have not answered yet.
    private var loading: [Member.ID: [ExpertUnit]] = [:]
    /// All there ever were, and runs that have read damaged weights.
    private var everyID: [Member.ID] = []
    private var damagedRuns: Set<String> = []
    private(set) var counts = Counts()
    private(set) var trouble: String?

    init(seed: UInt64, role: MemberRole) {
        random = RandomSource(seed: seed)
        self.role = role
        switch role {
        case .expertHost:
            inventory = TestHosts.inventory(layers: 2, experts: 4)
            membership = TestMembers.membership(inventory)
        case .attention:
            inventory = ExpertInventory(layers: [])
            membership = TestMembers.attentionMembership()
        }
        keeper = PlanKeeper(
            inventory: inventory, expertsPerToken: 2, expectedHosts: .random(in: 1 ... 2, using: &random),
            settings: PlacementSettings(mode: .auto, copies: .random(in: 1 ... 2, using: &random)))
        publish()
    }

    mutating func run(events: Int) {
        for _ in 0 ..< events where trouble == nil {
            let before = membership.members, version = keeper.version
            let event = step()
            check(after: event, before, version)
        }
        if trouble == nil { calmDown() }
    }

    // MARK: what happens

    private mutating func step() -> String {
        switch Int.random(in: 0 ..< 100, using: &random) {
        case 0 ..< 16: announce()
        case 16 ..< 28: about("connected") { $0.connected($1) }
        case 28 ..< 30: about("gone") { [now] in $0.lost($1, why: "fuzz", at: now) }
        case 30 ..< 33: lapse()
        case 33 ..< 35: doubt()
        case 35 ..< 38: about("believed") { $0.believed($1) }
        case 38 ..< 41 where role == .attention: damage()
        case 38 ..< 40: lack()
        case 40 ..< 41: about("needed") { membership, _ in membership.needed(layer: 1) }
        case 41 ..< 76: runErrand()
        case 76 ..< 90: plan()
        case 90 ..< 94: changeSettings()
        default: passTime()
        }
    }

    private mutating func announce() -> String {
        let name = "host-\(Int.random(in: 0 ..< 6, using: &random))"
        let run = "\(name) run \(Int.random(in: 0 ..< 3, using: &random))"
        // Small hosts hold a part of the model only: there are plans that are impossible.
        let memory = Int.random(in: 0 ..< 4, using: &random) > 0 ? 8 * 800 * 2 : 3 * 800
        let request = TestHosts.announcement(
            name, instance: run, draining: Int.random(in: 0 ..< 15, using: &random) == 0, memoryBytes: memory,
            machine: "machine-\(Int.random(in: 0 ..< 2, using: &random))", role: role.rawValue)
        let standing = membership.standing(of: name, at: now)
        let (answer, actions) = membership.announced(request, at: now)
        perform(actions)
        if damagedRuns.contains(run) {
            counts.damaged += 1
            if answer.id != nil { trouble = "\(run) was admitted again though it has read damaged weights" }
        }
        if case .quarantined(let losses) = standing {
            counts.quarantined += 1
            let isKeptAway = answer == .refused(.quarantined(name: name, losses: losses)) || answer == .mayStop
            if !isKeptAway, !damagedRuns.contains(run) { trouble = "\(name) is in quarantine and was told \(answer)" }
        }
        return "announced \(run)"
    }

    /// Something is said of a member, or of one that is gone.
    private mutating func about(
        _ what: String, _ event: (inout Membership, Member.ID) -> [Membership.Action]
    ) -> String {
        guard let id = anyID() else { return "nothing" }
        perform(event(&membership, id))
        return "\(what) \(id)"
    }

    private mutating func anyID() -> Member.ID? {
        let members = membership.members.values.map(\.id).sorted { $0.number < $1.number }
        return Int.random(in: 0 ..< 10, using: &random) == 0
            ? everyID.randomElement(using: &random) : members.randomElement(using: &random)
    }

    private mutating func lapse() -> String {
        let lapses = Int.random(in: 1 ... 3, using: &random)
        return about("late") { [now] in $0.late($1, why: "fuzz", lapses: lapses, at: now) }
    }

    private mutating func doubt() -> String {
        guard let id = anyID() else { return "nothing" }
        let others = membership.connected.filter { $0.isSound && $0.id != id }
        let actions = membership.doubted(id)
        if (actions == nil) != others.isEmpty { trouble = "\(id) is doubted, and there are \(others.count) others" }
        if membership[id]?.standing == .doubted { counts.doubted += 1 }
        perform(actions ?? [])
        return "doubted \(id)"
    }

    private mutating func damage() -> String {
        guard Int.random(in: 0 ..< 4, using: &random) == 0, let id = anyID() else { return "nothing" }
        if let member = membership[id] { damagedRuns.insert(member.instance) }
        perform(membership.damaged(id, fault: "fuzz", at: now))
        return "damaged \(id)"
    }

    private mutating func lack() -> String {
        let unit = ExpertUnit(
            layer: .random(in: 0 ..< 2, using: &random), expert: .random(in: 0 ..< 4, using: &random),
            slice: TestHosts.slices.randomElement(using: &random) ?? .whole)
        return about("lacks") { $0.lacks($1, [unit]) }
    }

    /// One host answers what it was asked for, or is asked for what it was signalled about.
    private mutating func runErrand() -> String {
        if let id = loading.keys.min(by: { $0.number < $1.number }), let units = loading.removeValue(forKey: id) {
            return answer(id, units)
        }
        guard let id = signalled.min(by: { $0.number < $1.number }) else { return "nothing" }
        guard let member = membership[id], let errand = membership.nextErrand(id) else {
            signalled.remove(id)
            return "nothing"
        }
        check(errand, of: member)
        if case .load(let units) = errand { loading[id] = units }
        return "asked \(id) for \(errand)"
    }

    private mutating func answer(_ id: Member.ID, _ units: [ExpertUnit]) -> String {
        switch Int.random(in: 0 ..< 24, using: &random) {
        case 0:
            perform(membership.lost(id, why: "it did not load", at: now))
            return "gone in a load \(id)"
        case 1 ..< 4:
            if let member = membership[id] { damagedRuns.insert(member.instance) }
            perform(membership.damaged(id, fault: "fuzz", at: now))
            return "damaged \(id)"
        default:
            perform(membership.loaded(id, units))
            return "loaded \(id)"
        }
    }

    private mutating func plan() -> String {
        guard isPlanDue else { return "nothing" }
        isPlanDue = false
        guard role == .expertHost else {
            publish()
            return "arranged anew"
        }
        let candidates = membership.candidates(drained: keeper.settings.drained)
        let load = PlanKeeper.Load(
            shares: randomShares(), rowsPerStep: .random(in: 1 ... 64, using: &random), hopSeconds: 1e-4)
        let wanted = membership.members.mapValues(\.units.wanted), version = keeper.version
        let outcome = keeper.plan(
            for: candidates.map {
                PlanKeeper.Candidate(name: $0.name, memoryBytes: $0.memoryBytes, measured: $0.measuredSpeed)
            },
            wanted: wanted, load)
        switch outcome {
        case .unchanged: if keeper.version != version { trouble = "nothing has changed but the version" }
        case .wants(let wants):
            if keeper.version != version + 1 { trouble = "version \(version) became \(keeper.version)" }
            check(wants, candidates)
            perform(membership.wantsChanged(wants))
        case .impossible:
            counts.impossible += 1
            if candidates.contains(where: { $0.memoryBytes >= 8 * 800 * 2 }) {
                trouble = "no plan, though one host alone could hold everything: \(outcome)"
            }
            if keeper.problem == nil { trouble = "there is no plan and no problem" }
        }
        publish()
        return "planned: \(outcome)"
    }

    private mutating func randomShares() -> ExpertShares {
        guard Bool.random(using: &random) else { return .uniform(inventory) }
        return ExpertShares(
            layers: inventory.layers.map { experts in
                let raw = experts.map { _ in Double.random(in: 0.05 ... 1, using: &random) }
                return raw.map { $0 / raw.reduce(0, +) }
            })
    }

    private mutating func changeSettings() -> String {
        var settings = keeper.settings
        switch Int.random(in: 0 ..< 3, using: &random) {
        case 0: settings.mode = PlacementSettings.Mode.allCases.randomElement(using: &random) ?? .auto
        case 1: settings.copies = .random(in: 1 ... 3, using: &random)
        default:
            let name = "host-\(Int.random(in: 0 ..< 6, using: &random))"
            if settings.drained.remove(name) == nil { settings.drained.insert(name) }
        }
        keeper.settings = settings
        isPlanDue = true
        return "settings: \(settings)"
    }

    private mutating func passTime() -> String {
        now += .milliseconds(Int.random(in: 1 ... 15_000, using: &random))
        membership.tidy(at: now)
        return "time passed"
    }

    // MARK: doing what is asked for, as the actor does

    private mutating func perform(_ actions: [Membership.Action]) {
        for action in actions {
            switch action {
            case .connect(let id):
                if let last = everyID.last, last.number >= id.number { trouble = "\(id) came after \(last)" }
                if !clients.insert(id).inserted { trouble = "\(id) is connected to twice" }
                everyID.append(id)
            case .dismiss(let id):
                if clients.remove(id) == nil { trouble = "\(id) is dismissed and was no client" }
                signalled.remove(id)
            // An answer may still be on its way.
            case .signal(let id): signalled.insert(id)
            case .publish: publish()
            case .plan: isPlanDue = true
            case .log: break
            }
        }
    }

    private mutating func publish() { routes = currentRoutes }

    private var currentRoutes: [Route] {
        membership.connected.map { Route(id: $0.id, isSound: $0.isSound, ready: $0.units.ready) }
            .sorted { $0.id.number < $1.id.number }
    }

    // MARK: what must hold

    private mutating func check(after event: String, _ before: [String: Member], _ version: Int) {
        let members = membership.members
        if clients != Set(members.values.map(\.id)) { fail("clients and members differ", event) }
        if routes.sorted(by: { $0.id.number < $1.id.number }) != currentRoutes {
            fail("the routing table is not what it should be", event)
        }
        if keeper.version < version { fail("the version fell from \(version) to \(keeper.version)", event) }
        for member in members.values {
            if case .quarantined = member.standing { fail("\(member.name) is a member in quarantine", event) }
            if member.units.wanted.byteCount(inventory) > member.memoryBytes {
                fail("\(member.name) shall hold more than it has memory for", event)
            }
        }
        checkCandidates(event)
        checkReleased(event)
        checkLetGo(event, before)
    }

    /// Who is late or doubted gets something to hold only where nobody else is.
    private mutating func checkCandidates(_ event: String) {
        let drained = keeper.settings.drained, candidates = membership.candidates(drained: drained)
        let eligible = membership.members.values.filter {
            $0.isConnected && !$0.isDraining && !drained.contains($0.name)
        }
        if candidates.isEmpty != eligible.isEmpty { fail("there are hosts, and nobody is a candidate", event) }
        let isAnyoneSound = eligible.contains { $0.standing == .sound }
        if isAnyoneSound, candidates.contains(where: { $0.standing != .sound }) {
            fail("somebody is a candidate who is not sound, though others are", event)
        }
    }

    private mutating func checkReleased(_ event: String) {
        let drained = keeper.settings.drained, candidates = membership.candidates(drained: drained)
        for member in membership.members.values {
            for idle in [Duration.zero, .seconds(10)] {
                guard membership.isReleased(member.id, idle: idle, drained: drained) else { continue }
                counts.released += 1
                let holdsNothing = member.units.ready == UnitMap(inventory)
                let isUnneeded = candidates.isEmpty && idle > .zero
                let mayGo = role == .attention ? idle > .zero : holdsNothing || isUnneeded
                if !member.isDraining || !mayGo { fail("\(member.name) is released", event) }
            }
        }
    }

    /// What a member holds is let go only when every sound member has what is wanted of it.
    private mutating func checkLetGo(_ event: String, _ before: [String: Member]) {
        let lost = membership.members.values.filter { member in
            guard let old = before[member.name], old.id == member.id else { return false }
            return !member.units.ready.isSuperset(of: old.units.ready)
        }
        guard !lost.isEmpty, !event.hasPrefix("lacks") else { return }
        counts.letGo += 1
        if membership.members.values.contains(where: { $0.isSound && !$0.units.isSettled }) {
            fail("\(lost.map(\.name)) let go of units while others still load", event)
        }
    }

    /// A plan gives every unit to somebody who counts.
    private mutating func check(_ wants: [String: UnitMap], _ candidates: [Member]) {
        counts.plans += 1
        if Set(wants.keys) != Set(membership.members.keys) { trouble = "not everyone is told what the plan wants" }
        let all = candidates.reduce(into: UnitMap(inventory)) { map, member in
            if let units = wants[member.name] { map.formUnion(units) }
        }
        if all != TestMembers.everything(inventory) { trouble = "a plan wants not everything of those that count" }
        for (name, units) in wants where !candidates.contains(where: { $0.name == name }) {
            if units != UnitMap(inventory) { trouble = "a plan wants something of \(name), which does not count" }
        }
    }

    private mutating func check(_ errand: Membership.Errand, of member: Member) {
        if !member.isConnected { trouble = "\(member.id) is asked and not connected" }
        switch errand {
        case .keep(let units):
            var map = UnitMap(inventory)
            map.formUnion(units)
            if map != member.units.ready { trouble = "\(member.id) shall keep other things than are ready" }
        case .load(let units):
            if units.isEmpty, member.standing != .late { trouble = "\(member.id) is asked for nothing" }
            for unit in units {
                let eighths = unit.slice.eighths
                let isWanted = member.units.wanted[unit.layer, unit.expert] & eighths == eighths
                let isThere = member.units.ready[unit.layer, unit.expert] & eighths != 0
                if !isWanted || isThere { trouble = "\(member.id) is asked to load \(unit) without need" }
            }
        }
    }

    private mutating func fail(_ what: String, _ event: String) { trouble = trouble ?? "\(what), after: \(event)" }

    // MARK: the end

    /// Nothing happens any more but that hosts do what they are asked for: then nobody is left with something to do.
    private mutating func calmDown() {
        for _ in 0 ..< 500 where isPlanDue || !signalled.isEmpty || !loading.isEmpty {
            if let id = loading.keys.min(by: { $0.number < $1.number }), let units = loading.removeValue(forKey: id) {
                perform(membership.loaded(id, units))
            } else if !signalled.isEmpty {
                _ = runErrand()
            } else {
                _ = plan()
            }
            if trouble != nil { return }
        }
        guard !isPlanDue, signalled.isEmpty, loading.isEmpty else { return trouble = "it never comes to rest" }
        for member in membership.connected {
            if membership.nextErrand(member.id) != nil { trouble = "\(member.id) was not told of its errand" }
            if member.standing == .late { trouble = "\(member.id) is late and has answered" }
        }
        let candidates = membership.candidates(drained: keeper.settings.drained)
        guard candidates.contains(where: \.isSound) else { return }
        guard role == .attention || (keeper.problem == nil && keeper.current != nil) else { return }
        counts.quiet += 1
        let sight = membership.sight(expected: nil, problem: nil)
        if !sight.isWhole { trouble = "at rest, \(sight.held) of \(sight.all) eighths are held" }
    }
}
