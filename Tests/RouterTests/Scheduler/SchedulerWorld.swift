internal import Checkpoint
internal import Messages
internal import Synchronization

@testable import Router

/// Plays engine, replicas of attention and clients to a scheduler, at random.
struct SchedulerWorld {
    /// A live state on a replica.
    struct Live {
        let replica: ReplicaID
        var positions: Int
        /// Its tokens; nil: nobody knows, since a step failed.
        var length: Int?
    }

    /// A kept state on a replica.
    struct Kept {
        let replica: ReplicaID
        let tokens: [Int32]
    }

    /// A sequence as its client and the engine know it.
    struct Life {
        let demand: Demand
        let sequence: LiveSequence
        /// Tokens to be read before the next is chosen, and those that its state has.
        var promptCount: Int, carried = 0
        /// Where it began last.
        var replica = ReplicaID.none

        mutating func beginAnew() { (promptCount, carried) = (carried < promptCount ? promptCount : carried + 1, 0) }
    }

    /// What should happen in some schedule, or the checks would show nothing.
    enum Event: CaseIterable {
        case reused, cutBack, keptInPrompt, keptAtEnd, gone, waited, parkedAsState, begunEmpty
        /// Rows on several replicas in one step; a replica that goes with sequences, one that does so in mid-step; a
        /// sequence that begins again on another replica, and one that does so although more of it is kept elsewhere.
        case severalReplicas, lostReplica, lostInStep, begunElsewhere, forwentPrefix
        /// A state that is carried from a replica that is about to go.
        case departed
    }

    var random: RandomSource
    var scheduler: Scheduler
    var now = Duration.zero
    var lastNumber = 0
    var lives: [SequenceID: Life] = [:]
    var live: [SequenceID: Live] = [:]
    /// Kept states; those of parked sequences are among them.
    var kept: [StateID: Kept] = [:]
    var lastReplica = 0
    /// Replicas that went while a step was under way.
    var lostInStep: Set<ReplicaID> = []
    var book = PrefixBook(tokensMax: 5000)
    let keeping: KeepPolicy
    var alive: Set<SequenceID> = []
    var trouble: String?
    var events: Set<Event> = []
    /// Whether disks, attention and other routers behave badly, and still do.
    let isUnlucky: Bool
    /// Most replicas, and whether they come and go.
    let replicasMax: Int, changesReplicas: Bool
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
                stateSize: .random(&random),
                weights: (0 ..< Int.random(in: 1 ... 4, using: &random)).map { _ in
                    .random(in: 0.1 ... 5, using: &random)
                }, ageing: .seconds(.random(in: 0 ... 50, using: &random))))
        let scale = hasLongPrompts ? 8 : 1
        (beside, alone) = (.random(in: 0 ... 20 * scale, using: &random), .random(in: 1 ... 50 * scale, using: &random))
        isUnlucky = Bool.random(using: &random)
        replicasMax = .random(in: 1 ... 4, using: &random)
        changesReplicas = Bool.random(using: &random)
        self.random = random
        for _ in 0 ..< Int.random(in: 1 ... replicasMax, using: &self.random) { join() }
    }

    mutating func run() {
        for _ in 0 ..< 100 where trouble == nil {
            arrive()
            step()
        }
        // Nobody comes any more: all there are must end.
        isCalm = true
        calmReplicas()
        var steps = 0
        while !alive.isEmpty, trouble == nil {
            step()
            steps += 1
            if steps > 20_000 { trouble = "\(alive.count) sequences never end" }
        }
        _ = apply(plan())        // closes what ended in the last step
        if trouble == nil, !live.isEmpty { trouble = "live states \(live) stay open" }
        let reserved = scheduler.limits.replicas.keys.map { scheduler.reservedBytes(on: $0) }
        if trouble == nil, reserved.contains(where: { $0 != 0 }) { trouble = "\(reserved) bytes stay reserved" }
        if trouble == nil, kept.contains(where: { book.replica(of: $0.key) != $0.value.replica }) {
            trouble = "states of parked sequences stay"
        }
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
        checkReplicas(of: plan)
        return plan
    }

    private mutating func step() {
        now += .milliseconds(.random(in: 1 ... 2000, using: &random))
        let plan = plan()
        alive.subtract(plan.expired)
        alive.subtract(plan.outgrown)
        if changesReplicas, !isCalm, chance(oneIn: 40) { loseInStep() }
        let unready = apply(plan)
        check(plan, unready)
        // During the step.
        if chance(oneIn: 10), let id = alive.sorted().randomElement(using: &random) { end(id) }
        if changesReplicas, !isCalm, chance(oneIn: 40) { loseInStep() }
        defer { forgetLostReplicas() }
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
        let replica = Bool.random(using: &random) ? rows.randomElement(using: &random)?.replica : nil
        let given = scheduler.failed(ids, isolating: Bool.random(using: &random), on: replica)
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
