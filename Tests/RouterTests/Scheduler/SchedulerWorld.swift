internal import Checkpoint
internal import Messages
internal import Synchronization

@testable import Router

/// Plays engine, attention service and clients to a scheduler, at random.
struct SchedulerWorld {
    /// A live state in the attention service.
    struct Live {
        var positions: Int
        /// Its tokens; nil: nobody knows, since a step failed.
        var length: Int?
    }

    /// A sequence as its client and the engine know it.
    struct Life {
        let demand: Demand
        let sequence: LiveSequence
        /// Tokens to be read before the next is chosen, and those that its state has.
        var promptCount: Int, carried = 0

        mutating func beginAnew() { (promptCount, carried) = (carried < promptCount ? promptCount : carried + 1, 0) }
    }

    /// What should happen in some schedule, or the checks would show nothing.
    enum Event: CaseIterable { case reused, cutBack, keptInPrompt, keptAtEnd, gone, waited, parkedAsState, begunEmpty }

    var random: RandomSource
    var scheduler: Scheduler
    var now = Duration.zero
    var lastNumber = 0
    var lives: [SequenceID: Life] = [:]
    var live: [SequenceID: Live] = [:]
    /// Kept states by their tokens; those of parked sequences are among them.
    var kept: [StateID: [Int32]] = [:]
    var book = PrefixBook(tokensMax: 5000)
    let keeping: KeepPolicy
    var alive: Set<SequenceID> = []
    var trouble: String?
    var events: Set<Event> = []
    /// Whether disks, attention and other routers behave badly, and still do.
    let isUnlucky: Bool
    var isCalm = false
    let (beside, alone): (Int, Int)
    /// Whether there are prompts long enough to be reused, and how many different beginnings they have.
    let hasLongPrompts: Bool, families: Int

    init(seed: UInt64) {
        var random = RandomSource(seed: seed)
        hasLongPrompts = Bool.random(using: &random)
        families = .random(in: 1 ... 4, using: &random)
        keeping = KeepPolicy(
            isOn: Int.random(in: 0 ..< 5, using: &random) > 0, keepEvery: .random(in: 0 ... 1, using: &random) * 100)
        scheduler = Scheduler(
            .init(
                placesMax: .random(in: 1 ... 12, using: &random), waitingMax: .random(in: 0 ... 30, using: &random),
                memoryBytes: .random(in: 100 ... 900, using: &random) * (hasLongPrompts ? 10 : 1),
                weights: (0 ..< Int.random(in: 1 ... 4, using: &random)).map { _ in
                    .random(in: 0.1 ... 5, using: &random)
                }, ageing: .seconds(.random(in: 0 ... 50, using: &random))))
        let scale = hasLongPrompts ? 8 : 1
        (beside, alone) = (.random(in: 0 ... 20 * scale, using: &random), .random(in: 1 ... 50 * scale, using: &random))
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
        _ = apply(plan())        // closes what ended in the last step
        if trouble == nil, !live.isEmpty { trouble = "live states \(live) stay open" }
        if trouble == nil, scheduler.reservedBytes != 0 { trouble = "\(scheduler.reservedBytes) bytes stay reserved" }
        if trouble == nil, !Set(kept.keys).isSubset(of: book.states) { trouble = "states of parked sequences stay" }
    }

    mutating func chance(oneIn count: Int) -> Bool { Int.random(in: 0 ..< count, using: &random) == 0 }
    mutating func mishap(oneIn count: Int) -> Bool { isUnlucky && !isCalm && chance(oneIn: count) }

    /// The scheduler's next plan, of sequences that live and those that have ended lately.
    private mutating func plan() -> StepPlan {
        let prefixes = SequencePrefixes(
            book: book, policy: keeping, rate: PrefillRate(), sequences: lives.mapValues(\.sequence))
        let plan = scheduler.plan(
            at: now, promptRowsMax: (beside: max(1, beside), alone: alone), prefixes: prefixes)
        if scheduler.queue.contains(where: { !$0.waitedFor.isEmpty }) { events.insert(.waited) }
        return plan
    }

    private mutating func step() {
        now += .milliseconds(.random(in: 1 ... 2000, using: &random))
        let plan = plan()
        alive.subtract(plan.expired)
        alive.subtract(plan.outgrown)
        let unready = apply(plan)
        check(plan, unready)
        // During the step.
        if chance(oneIn: 10), let id = alive.sorted().randomElement(using: &random) { end(id) }
        let rows = plan.rows.filter { !unready.contains($0.id) }
        guard !mishap(oneIn: 15) else { return fail(rows) }
        scheduler.completed(rows)
        for row in rows {
            lives[row.id]?.carried += row.count
            live[row.id]?.length? += row.count
            guard alive.contains(row.id), let life = lives[row.id], row.yieldsToken else { continue }
            if life.carried >= life.demand.tokensMax - 1 || life.demand.answerMax == 0 || chance(oneIn: 30) {
                end(row.id)
            } else {
                life.sequence.say(Int32.random(in: 0 ... 1, using: &random))
            }
        }
    }

    private mutating func fail(_ rows: [StepPlan.Rows]) {
        let ids = rows.map(\.id)
        let given = scheduler.failed(ids, isolating: Bool.random(using: &random))
        for id in ids {
            live[id]?.length = nil
            if alive.contains(id) { lives[id]?.beginAnew() }
        }
        for id in given { end(id, isSound: false) }
    }

    mutating func end(_ id: SequenceID, isSound: Bool = true) {
        alive.remove(id)
        scheduler.end(id, isSound: isSound, at: now)
    }
}

extension LiveSequence {
    /// The model has chosen a token.
    fileprivate func say(_ token: Int32) {
        _ = progress.withLock {
            $0.take(token, nil, yieldsToken: true, of: request, endTokens: [], at: .now)
        }
    }
}
