internal import Checkpoint
internal import Messages

/// Decides what each step computes, and who waits: a pure state machine without clock, socket or token.
///
/// A sequence waits, runs, or is parked: it ran, and made room for another. Its state is then kept, in memory where
/// only its place was wanted, else on disk. Running sequences that have their prompt behind them take one row of every
/// step; what rows are left for prompts is shared (`PromptShares`).
///
/// Who begins next: the account that was given least for its weight; of its sequences the highest class, where waiting
/// raises a class; then the first that came. The smaller may pass the larger that does not fit, until that one has
/// waited long. Source for the accounts: start-time fair queueing (Goyal, Vin, Cheng 1996), with the tokens that a
/// sequence has memory for as the cost. One whose prompt begins like another that is being computed may have to wait
/// until the common part is kept (`PrefixSource`).
///
/// Memory is granted as a sequence grows: its prompt and what most answers need when it begins, then in steps
/// (`Scheduler+memory`).
///
/// Attention may have several replicas. A sequence's state is on one of them, which is chosen when the sequence begins
/// (`ReplicaChoice`). Only sequences on the same replica make room for one another.
struct Scheduler {
    struct Limits: Sendable {
        /// Sequences that run at a time.
        var placesMax = 64
        /// Sequences of a class and those above it that may wait for their first place.
        var waitingMax = 256
        /// The replicas of attention and what each has for the states of sequences.
        var replicas: [ReplicaID: ReplicaMemory] = [:]
        /// What a state takes on a replica, by its length. It changes only while no sequence has a state.
        var stateSize = StateSize(fixedBytes: 0, pageBytes: 0, pageLength: 1)
        /// More than any machine has, and small enough to add up.
        static let memoryBytesMax = 1 << 50
        /// What each account counts for.
        var weights: [Double] = [1]
        /// Every so long after its arrival a waiting request rises a class. After the first time no other may pass it.
        var ageing = Duration.seconds(30)
    }

    enum Submission: Equatable {
        case queued
        /// Too many wait; the same request may be taken after this long.
        case full(retryAfter: Duration)
        /// It could never run: so many tokens, prompt and answer together, are all that there is memory for.
        case tooLarge(tokensMax: Int)
    }

    /// A sequence that is over, or begins anew.
    struct Ended {
        let id: SequenceID
        let replica: ReplicaID
        /// Tokens in its live state; nil: unknown, or of no use.
        var length: Int?
        /// Of the longest state that is kept of them.
        var keptLength = 0
    }

    struct Counts: Equatable {
        var running = 0
        var waiting = 0
        var parked = 0
    }

    var limits: Limits
    /// In the order in which they came to run.
    var running: [Entry] = []
    /// Those that wait for their first place, and parked ones; in the order in which they came.
    var queue: [Entry] = []
    /// Sequences that are over or begin anew, whose live states may still be open.
    var ended: [Ended] = []
    /// Kept states of sequences that were parked and are over.
    var discards: [ReplicaID: [StateID]] = [:]
    var step = 0
    var pauses: [ReplicaID: Pauses] = [:]
    /// Of replicas that were lost; nil before the first was.
    var former: FormerMemory?
    var accounts: Accounts
    var lengths = AnswerLengths()
    private var occupancy = Occupancy()

    init(_ limits: Limits) {
        self.limits = limits
        accounts = Accounts(weights: limits.weights)
    }

    var counts: Counts {
        let parked = queue.count { $0.phase != .waiting }
        return Counts(running: running.count, waiting: queue.count - parked, parked: parked)
    }

    // MARK: from outside

    /// - Parameter id: never used before.
    mutating func submit(_ id: SequenceID, _ demand: Demand, at now: Duration) -> Submission {
        let tokensMax = tokensMax(at: now)
        // The answer may be cut short, the prompt may not.
        guard demand.promptCount <= tokensMax else { return .tooLarge(tokensMax: tokensMax) }
        let free = max(0, limits.placesMax - running.count)
        // Of its own account, the less urgent that wait are not in the way of the more urgent.
        let waiting = queue.filter {
            $0.phase == .waiting && ($0.demand.account != demand.account || $0.demand.priority >= demand.priority)
        }
        let room = accounts.room(for: demand.account, among: waiting.map(\.demand.account), of: limits.waitingMax)
        guard waiting.count(where: { $0.demand.account == demand.account }) < free + room else {
            return .full(retryAfter: occupancy.wait(behind: waiting.count, places: limits.placesMax))
        }
        accounts.joined(demand.account, active: (running + queue).map(\.demand.account))
        queue.append(Entry(id: id, demand: demand, arrival: now))
        return .queued
    }

    /// The sequence is over, whatever the reason: ended, cancelled or failed. Its memory is free for the next.
    ///
    /// - Parameter isSound: its state is what its tokens lead to, so that it may be kept.
    mutating func end(_ id: SequenceID, isSound: Bool = true, at now: Duration) {
        if let index = running.firstIndex(where: { $0.id == id }) {
            let entry = running.remove(at: index)
            occupancy.note(now - entry.begun)
            accounts.refund(entry.granted - entry.carried, to: entry.demand.account)
            if entry.tokenCount > entry.demand.promptCount { lengths.note(entry.tokenCount - entry.demand.promptCount) }
            leave(entry, isSound: isSound)
            pauses[entry.replica]?.lacksMemoryUntil = .zero
        } else if let index = queue.firstIndex(where: { $0.id == id }) {
            let entry = queue.remove(at: index)
            guard entry.phase != .waiting else { return }
            leave(entry, isSound: isSound)
            pauses[entry.replica]?.lacksMemoryUntil = .zero
        }
    }

    /// Notes what has to be done with the state that a sequence leaves behind.
    mutating func leave(_ entry: Entry, isSound: Bool) {
        let isParked = entry.parkedState != .none
        if isParked { discards[entry.replica, default: []].append(entry.parkedState) }
        let length = isSound && !isParked ? entry.carried : nil
        ended.append(Ended(id: entry.id, replica: entry.replica, length: length, keptLength: entry.keptLength))
    }

    /// The plan's rows were computed.
    mutating func completed(_ rows: [StepPlan.Rows]) {
        let computed = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
        for index in running.indices {
            guard let rows = computed[running[index].id] else { continue }
            running[index].carried += rows.count
            if rows.yieldsToken { running[index].forgetFailures() }
        }
        // Of those that ended during the step the rows are in the live state as well.
        for index in ended.indices {
            guard let rows = computed[ended[index].id], ended[index].length == rows.start else { continue }
            ended[index].length = rows.start + rows.count
        }
    }

    /// What the next step does.
    ///
    /// - Parameters:
    ///   - promptRowsMax: rows for prompts, where some sequence generates and where none does.
    ///   - prefixes: knows the sequences' tokens.
    mutating func plan(
        at now: Duration, promptRowsMax: (beside: Int, alone: Int), prefixes: some PrefixSource = NoPrefixes()
    ) -> StepPlan {
        loseStatesOfGoneReplicas()
        step += 1
        var plan = StepPlan()
        plan.expired = expire(at: now)
        leaveDraining(at: now)
        close(into: &plan, prefixes)
        endDepartures(at: now, plan)
        grow(at: now, into: &plan)
        close(into: &plan, prefixes)
        endOutgrown(at: now, into: &plan)
        admit(at: now, into: &plan, prefixes)
        keep(into: &plan, prefixes)
        let generating = generating
        plan.generatingCount = generating.count
        plan.rows = generating.map { $0.rows(1) }
        plan.rows += PromptShares.rows(
            of: taking.filter { $0.promptLeft > 0 },
            budget: generating.isEmpty ? promptRowsMax.alone : promptRowsMax.beside,
            generating: Dictionary(generating.map { ($0.demand.account, 1) }, uniquingKeysWith: +),
            weights: limits.weights)
        return plan
    }

    /// How many generate, each of which takes a row of the next step.
    var generatingCount: Int { generating.count }

    private var generating: [Entry] { taking.filter { $0.promptLeft == 0 && !$0.lacksPositions } }

    /// Running sequences that take part in the next step. One that may have made a step fail does so alone.
    private var taking: [Entry] { running.first { $0.isSuspect }.map { [$0] } ?? running }

    private mutating func expire(at now: Duration) -> [SequenceID] {
        let late = (running + queue).filter { ($0.demand.deadline ?? now) < now }.map(\.id)
        for id in late { end(id, at: now) }
        return late
    }
}
