@testable import Router
import Testing

/// Random clusters, requests and mishaps against the state machine; what must always hold is checked after every step.
@Suite("Scheduler under random schedules") struct SchedulerFuzzTests {
    @Test("budgets hold, no session is used before it is open or after it is closed, and every sequence ends", arguments: 0 ..< 20)
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
    enum Session { case open, onDisk }

    var random: RandomSource
    var scheduler: Scheduler
    var now = Duration.zero
    var lastID: UInt64 = 0
    var demands: [UInt64: Demand] = [:]
    var carried: [UInt64: Int] = [:]
    var sessions: [UInt64: Session] = [:]
    var alive: Set<UInt64> = []
    var trouble: String?
    let (beside, alone): (Int, Int)

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        scheduler = Scheduler(.init(
            placesMax: .random(in: 1 ... 12, using: &random), waitingMax: .random(in: 0 ... 30, using: &random), memoryBytes: .random(in: 50 ... 400, using: &random),
            weights: (0 ..< Int.random(in: 1 ... 4, using: &random)).map { _ in .random(in: 0.1 ... 5, using: &random) }, ageing: .seconds(.random(in: 0 ... 50, using: &random))))
        (beside, alone) = (.random(in: 0 ... 20, using: &random), .random(in: 1 ... 50, using: &random))
        self.random = random
    }

    mutating func run() {
        for _ in 0 ..< 100 where trouble == nil {
            arrive()
            step()
        }
        // Nobody comes any more: all there are must end.
        var steps = 0
        while !alive.isEmpty, trouble == nil {
            step()
            steps += 1
            if steps > 20_000 { trouble = "\(alive.count) sequences never end" }
        }
        _ = apply(scheduler.plan(at: now, promptRowsMax: (beside, alone)))      // closes what ended in the last step
        if trouble == nil, !sessions.isEmpty { trouble = "sessions \(sessions) stay open" }
        if trouble == nil, scheduler.reservedBytes != 0 { trouble = "\(scheduler.reservedBytes) bytes stay reserved" }
    }

    private mutating func arrive() {
        for _ in 0 ..< Int.random(in: 0 ... 3, using: &random) {
            lastID += 1
            let demand = Demand(
                account: .random(in: 0 ..< scheduler.limits.weights.count, using: &random), priority: Priority.allCases.randomElement(using: &random) ?? .normal,
                promptCount: .random(in: 1 ... 60, using: &random), answerMax: .random(in: 0 ... 20, using: &random),
                stateBytes: .random(in: 1 ... 120, using: &random), deadline: Int.random(in: 0 ..< 10, using: &random) == 0 ? now + .seconds(.random(in: 0 ... 30, using: &random)) : nil)
            switch scheduler.submit(lastID, demand, at: now) {
            case .queued:
                alive.insert(lastID)
                demands[lastID] = demand
                carried[lastID] = 0
            case .full(let wait): if wait < .seconds(1) { trouble = "come back after \(wait)" }
            case .tooLarge(let memory): if demand.stateBytes <= memory { trouble = "\(demand.stateBytes) bytes refused, there are \(memory)" }
            }
        }
        if Int.random(in: 0 ..< 8, using: &random) == 0, let id = alive.sorted().randomElement(using: &random) { end(id) }
    }

    private mutating func step() {
        now += .milliseconds(.random(in: 1 ... 2000, using: &random))
        let plan = scheduler.plan(at: now, promptRowsMax: (beside: max(1, beside), alone: alone))
        alive.subtract(plan.expired)
        check(plan)
        let lacking = apply(plan)
        if Int.random(in: 0 ..< 10, using: &random) == 0, let id = alive.sorted().randomElement(using: &random) { end(id) }       // during the step
        let rows = plan.rows.filter { !lacking.contains($0.id) }
        scheduler.completed(rows)
        for row in rows where alive.contains(row.id) {
            carried[row.id, default: 0] += row.count
            guard let demand = demands[row.id], row.yieldsToken else { continue }
            if carried[row.id, default: 0] >= demand.tokensMax - 1 || Int.random(in: 0 ..< 30, using: &random) == 0 { end(row.id) }
        }
    }

    private mutating func end(_ id: UInt64) {
        alive.remove(id)
        scheduler.end(id, at: now)
    }

    /// Does to the sessions what the plan says. Now and then attention has no memory.
    private mutating func apply(_ plan: StepPlan) -> Set<UInt64> {
        for id in plan.closes where sessions.removeValue(forKey: id) == nil { trouble = "\(id) is closed and was not open" }
        for id in plan.parks {
            if sessions[id] != .open { trouble = "\(id) is parked and was not in memory" }
            sessions[id] = .onDisk
        }
        var lacking: Set<UInt64> = []
        for id in plan.resumes {
            if sessions[id] != .onDisk { trouble = "\(id) is resumed and was not on disk" }
            if lacks(id, wasParked: true) { lacking.insert(id) } else { sessions[id] = .open }
        }
        for id in plan.opens.keys.sorted() {
            if sessions[id] != nil { trouble = "\(id) is opened twice" }
            if lacks(id, wasParked: false) { lacking.insert(id) } else { sessions[id] = .open }
        }
        return lacking
    }

    private mutating func lacks(_ id: UInt64, wasParked: Bool) -> Bool {
        guard Int.random(in: 0 ..< 40, using: &random) == 0 else { return false }
        return scheduler.lackedMemory(id, wasParked: wasParked)
    }

    private mutating func check(_ plan: StepPlan) {
        if scheduler.running.count > scheduler.limits.placesMax { trouble = "\(scheduler.running.count) run" }
        if scheduler.reservedBytes > scheduler.limits.memoryBytes { trouble = "\(scheduler.reservedBytes) bytes reserved of \(scheduler.limits.memoryBytes)" }
        if plan.promptRowCount > (plan.generatingCount > 0 ? max(1, beside) : alone) { trouble = "\(plan.promptRowCount) prompt rows" }
        if Set(plan.rows.map(\.id)).count != plan.rows.count { trouble = "a sequence has rows twice" }
        for (index, row) in plan.rows.enumerated() {
            guard let demand = demands[row.id], let carried = carried[row.id], alive.contains(row.id) else { trouble = "\(row.id) has rows and is gone"; return }
            if row.start != carried || row.count < 1 { trouble = "\(row) begins at the wrong place, expected \(carried)" }
            if index < plan.generatingCount, row.count != 1 || carried < demand.promptCount { trouble = "\(row) does not generate" }
            if index >= plan.generatingCount, carried + row.count > demand.promptCount { trouble = "\(row) goes beyond the prompt" }
            if row.yieldsToken != (carried + row.count >= demand.promptCount) { trouble = "\(row) yields wrongly" }
        }
        if scheduler.generatingCount != plan.generatingCount { trouble = "\(scheduler.generatingCount) sequences generate, \(plan.generatingCount) have rows" }
    }
}
