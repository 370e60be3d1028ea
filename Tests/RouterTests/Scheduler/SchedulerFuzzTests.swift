internal import Checkpoint
import Testing

@testable import Router

/// Random clusters, requests and mishaps against the state machine; what must always hold is checked after every step.
@Suite("Scheduler under random schedules") struct SchedulerFuzzTests {
    @Test(
        "budgets hold, no session is used before it is open or after it is closed, and every sequence ends",
        arguments: 0 ..< 20)
    func random(block: UInt64) async throws {
        let trouble = try await RandomWorlds.firstTrouble(block * 100 ..< (block + 1) * 100) { seed in
            var world = World(seed: seed)
            world.run()
            return world.trouble
        }
        #expect(trouble == nil)
    }
}

/// Plays engine, attention service and clients.
private struct World {
    enum Session { case open(Int), onDisk }

    /// A sequence as its client and the engine know it.
    struct Life {
        let demand: Demand
        /// Tokens to be read before the next is chosen, and those that were carried.
        var promptCount: Int, carried = 0

        mutating func beginAnew() { (promptCount, carried) = (carried < promptCount ? promptCount : carried + 1, 0) }
    }

    var random: RandomSource
    var scheduler: Scheduler
    var now = Duration.zero
    var lastID: UInt64 = 0
    var lives: [UInt64: Life] = [:]
    var sessions: [UInt64: Session] = [:]
    var alive: Set<UInt64> = []
    var trouble: String?
    /// Whether disks, attention and other routers behave badly, and still do.
    let isUnlucky: Bool
    var isCalm = false
    let (beside, alone): (Int, Int)

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        scheduler = Scheduler(
            .init(
                placesMax: .random(in: 1 ... 12, using: &random), waitingMax: .random(in: 0 ... 30, using: &random),
                memoryBytes: .random(in: 100 ... 900, using: &random),
                weights: (0 ..< Int.random(in: 1 ... 4, using: &random)).map { _ in
                    .random(in: 0.1 ... 5, using: &random)
                }, ageing: .seconds(.random(in: 0 ... 50, using: &random))))
        (beside, alone) = (.random(in: 0 ... 20, using: &random), .random(in: 1 ... 50, using: &random))
        isUnlucky = Bool.random(using: &random)
        self.random = random
    }

    mutating func run() {
        for _ in 0 ..< 100 where trouble == nil {
            arrive()
            step()
        }
        // Nobody comes any more: all there are must end.
        isCalm = true
        scheduler.limits.othersBytes = 0
        var steps = 0
        while !alive.isEmpty, trouble == nil {
            step()
            steps += 1
            if steps > 20_000 { trouble = "\(alive.count) sequences never end" }
        }
        _ = apply(scheduler.plan(at: now, promptRowsMax: (beside, alone)))        // closes what ended in the last step
        if trouble == nil, !sessions.isEmpty { trouble = "sessions \(sessions) stay open" }
        if trouble == nil, scheduler.reservedBytes != 0 { trouble = "\(scheduler.reservedBytes) bytes stay reserved" }
    }

    private mutating func chance(oneIn count: Int) -> Bool { Int.random(in: 0 ..< count, using: &random) == 0 }
    private mutating func mishap(oneIn count: Int) -> Bool { isUnlucky && !isCalm && chance(oneIn: count) }

    private mutating func arrive() {
        for _ in 0 ..< Int.random(in: 0 ... 3, using: &random) {
            lastID += 1
            let size = SessionSize(
                fixedBytes: .random(in: 1 ... 60, using: &random), pageBytes: .random(in: 0 ... 20, using: &random),
                pageLength: .random(in: 1 ... 16, using: &random))
            let demand = Demand(
                account: .random(in: 0 ..< scheduler.limits.weights.count, using: &random),
                priority: Priority.allCases.randomElement(using: &random) ?? .normal,
                promptCount: .random(in: 1 ... 60, using: &random),
                answerMax: chance(oneIn: 8) ? 1_000_000 : .random(in: 0 ... 20, using: &random),
                state: size, deadline: chance(oneIn: 10) ? now + .seconds(.random(in: 0 ... 30, using: &random)) : nil)
            switch scheduler.submit(lastID, demand, at: now) {
            case .queued:
                alive.insert(lastID)
                lives[lastID] = Life(demand: demand, promptCount: demand.promptCount)
            case .full(let wait): if wait < .seconds(1) { trouble = "come back after \(wait)" }
            case .tooLarge(let tokens):
                if size.bytes(tokens: demand.promptCount) <= scheduler.limits.memoryBytes {
                    trouble = "\(demand) refused, there is memory for \(tokens)"
                }
            }
        }
        if chance(oneIn: 8), let id = alive.sorted().randomElement(using: &random) { end(id) }
        if mishap(oneIn: 10) { scheduler.limits.othersBytes = .random(in: 0 ... 300, using: &random) }
        if mishap(oneIn: 30) {
            scheduler.lostAllStates()
            sessions = [:]
            for id in alive where lives[id]?.carried ?? 0 > 0 { lives[id]?.beginAnew() }
        }
    }

    private mutating func step() {
        now += .milliseconds(.random(in: 1 ... 2000, using: &random))
        let plan = scheduler.plan(at: now, promptRowsMax: (beside: max(1, beside), alone: alone))
        alive.subtract(plan.expired)
        alive.subtract(plan.outgrown)
        let unready = apply(plan)
        check(plan, unready)
        // During the step.
        if chance(oneIn: 10), let id = alive.sorted().randomElement(using: &random) { end(id) }
        let rows = plan.rows.filter { !unready.contains($0.id) }
        guard !mishap(oneIn: 15) else { return fail(rows) }
        scheduler.completed(rows)
        for row in rows where alive.contains(row.id) {
            lives[row.id]?.carried += row.count
            guard let life = lives[row.id], row.yieldsToken else { continue }
            if life.carried >= life.demand.tokensMax - 1 || life.demand.answerMax == 0 || chance(oneIn: 30) {
                end(row.id)
            }
        }
    }

    private mutating func fail(_ rows: [StepPlan.Rows]) {
        let ids = rows.map(\.id)
        let given = scheduler.failed(ids, isolating: Bool.random(using: &random))
        for id in ids where alive.contains(id) { lives[id]?.beginAnew() }
        for id in given { end(id) }
    }

    private mutating func end(_ id: UInt64) {
        alive.remove(id)
        scheduler.end(id, at: now)
    }

    /// Does to the sessions what the plan says. Now and then attention has no memory, or has lost a state, and the disk
    /// is full.
    private mutating func apply(_ plan: StepPlan) -> Set<UInt64> {
        for id in plan.closes { sessions[id] = nil }
        noteDropped()
        for id in plan.parks {
            guard case .open = sessions[id] else { trouble = "\(id) is parked and was not in memory"; continue }
            if mishap(oneIn: 3) { scheduler.stayedInMemory(id, at: now) } else { sessions[id] = .onDisk }
        }
        var unready: Set<UInt64> = []
        for (id, tokens) in plan.grows.sorted(by: { $0.key < $1.key }) {
            guard case .open(let before) = sessions[id], tokens > before else {
                trouble = "\(id) grows to \(tokens), and is \(sessions[id].debugDescription)"; continue
            }
            if lacks(id, .grow) { unready.insert(id) } else { sessions[id] = .open(tokens) }
        }
        for (id, tokens) in plan.resumes.sorted(by: { $0.key < $1.key }) {
            guard case .onDisk = sessions[id] else { trouble = "\(id) is resumed and was not on disk"; continue }
            if mishap(oneIn: 20) {
                scheduler.lostState(id)
                lives[id]?.beginAnew()
                sessions[id] = nil
                unready.insert(id)
            } else if lacks(id, .resume) {
                unready.insert(id)
            } else {
                sessions[id] = .open(tokens)
            }
        }
        for (id, tokens) in plan.opens.sorted(by: { $0.key < $1.key }) {
            if sessions[id] != nil { trouble = "\(id) is opened twice" }
            if lacks(id, .begin) { unready.insert(id) } else { sessions[id] = .open(tokens) }
        }
        return unready
    }

    /// Sequences that were set aside without their state begin anew; the scheduler says so by closing a session that it
    /// has not ended.
    private mutating func noteDropped() {
        for entry in scheduler.queue where entry.phase == .waiting && sessions[entry.id] == nil {
            if lives[entry.id]?.carried ?? 0 > 0 { lives[entry.id]?.beginAnew() }
        }
    }

    private mutating func lacks(_ id: UInt64, _ wish: Scheduler.Wish) -> Bool {
        guard mishap(oneIn: 40) else { return false }
        return scheduler.lackedMemory(id, wish, at: now)
    }

    private mutating func check(_ plan: StepPlan, _ unready: Set<UInt64>) {
        let limits = scheduler.limits
        if scheduler.running.count > limits.placesMax { trouble = "\(scheduler.running.count) run" }
        if !isUnlucky, scheduler.reservedBytes > limits.memoryBytes {
            trouble = "\(scheduler.reservedBytes) bytes reserved of \(limits.memoryBytes)"
        }
        if plan.promptRowCount > (plan.generatingCount > 0 ? max(1, beside) : alone) {
            trouble = "\(plan.promptRowCount) prompt rows"
        }
        if Set(plan.rows.map(\.id)).count != plan.rows.count { trouble = "a sequence has rows twice" }
        for (index, row) in plan.rows.enumerated() where !unready.contains(row.id) {
            guard let life = lives[row.id], alive.contains(row.id) else {
                trouble = "\(row.id) has rows and is gone"; return
            }
            if row.start != life.carried || row.count < 1 {
                trouble = "\(row) begins at the wrong place, expected \(life.carried)"
            }
            if case .open(let tokens) = sessions[row.id], row.start + row.count <= tokens {
            } else {
                trouble = "\(row) has no room in \(sessions[row.id].debugDescription)"
            }
            if index < plan.generatingCount, row.count != 1 || life.carried < life.promptCount {
                trouble = "\(row) does not generate"
            }
            if index >= plan.generatingCount, life.carried + row.count > life.promptCount {
                trouble = "\(row) goes beyond the prompt"
            }
            if row.yieldsToken != (life.carried + row.count >= life.promptCount) { trouble = "\(row) yields wrongly" }
        }
    }
}
