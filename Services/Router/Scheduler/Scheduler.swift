/// Decides what each step computes, and who waits: a pure state machine without clock, socket or token.
///
/// A sequence waits, runs, or is parked: it ran, and made room for a more urgent one. Its state is then kept, in memory where only
/// its place was wanted, else on disk. Running sequences that have their prompt behind them take one row of every step; what
/// rows are left for prompts is shared (`PromptShares`).
///
/// Who begins next: the highest class first, where waiting raises a class; then the account that was given least for its
/// weight; then the first that came. The smaller may pass the larger that does not fit, until that one has waited long.
/// Source for the accounts: start-time fair queueing (Goyal, Vin, Cheng 1996), with the tokens asked for as the cost.
struct Scheduler {
    struct Limits: Sendable {
        /// Sequences that run at a time.
        var placesMax: Int
        /// Sequences of a class and those above it that may wait for their first place.
        var waitingMax: Int
        /// Memory for the state of all sequences.
        var memoryBytes = Int.max
        /// What each account counts for.
        var weights: [Double] = [1]
        /// Waiting this long raises a class, and stops others from passing.
        var ageing = Duration.seconds(30)
    }

    enum Submission: Equatable {
        case queued
        /// Too many wait; the same request may be taken after this long.
        case full(retryAfter: Duration)
        /// It could never run.
        case tooLarge(memoryBytes: Int)
    }

    struct Counts: Equatable {
        var running = 0
        var waiting = 0
        var parked = 0
    }

    var limits: Limits
    /// In the order in which they came to run.
    private(set) var running: [Entry] = []
    /// Those that wait for their first place, and parked ones; in the order in which they came.
    private(set) var queue: [Entry] = []
    private var ended: [UInt64] = []                // with a session that is still open
    private var step = 0
    /// The attention service had less than its limit says, and nobody has ended since.
    private var lacksMemory = false
    private var accounts: Accounts
    private var occupancy = Occupancy()

    init(_ limits: Limits) {
        self.limits = limits
        accounts = Accounts(weights: limits.weights)
    }

    var counts: Counts {
        let parked = queue.count { $0.phase != .waiting }
        return Counts(running: running.count, waiting: queue.count - parked, parked: parked)
    }

    /// Memory of everything whose session is in the attention service's memory.
    var reservedBytes: Int { running.reduce(0) { $0 + $1.demand.stateBytes } + queue.reduce(0) { $0 + ($1.phase == .parkedInMemory ? $1.demand.stateBytes : 0) } }

    // MARK: from outside

    /// - Parameter id: never used before.
    mutating func submit(_ id: UInt64, _ demand: Demand, at now: Duration) -> Submission {
        guard demand.stateBytes <= limits.memoryBytes else { return .tooLarge(memoryBytes: limits.memoryBytes) }
        let free = max(0, limits.placesMax - running.count)
        // The less urgent that wait are not in the way of the more urgent.
        let waiting = queue.filter { $0.phase == .waiting && $0.demand.priority >= demand.priority }
        let room = accounts.room(for: demand.account, among: waiting.map(\.demand.account), of: limits.waitingMax)
        guard waiting.count(where: { $0.demand.account == demand.account }) < free + room else {
            return .full(retryAfter: occupancy.wait(behind: waiting.count, places: limits.placesMax))
        }
        accounts.joined(demand.account, active: (running + queue).map(\.demand.account))
        queue.append(Entry(id: id, demand: demand, arrival: now))
        return .queued
    }

    /// The sequence is over, whatever the reason: ended, cancelled or failed. Its rows of the step under way count no more;
    /// its memory is free for the next.
    mutating func end(_ id: UInt64, at now: Duration) {
        if let index = running.firstIndex(where: { $0.id == id }) {
            let entry = running.remove(at: index)
            occupancy.note(now - entry.begun)
            accounts.refund(entry.tokensLeft, to: entry.demand.account)
        } else {
            guard let index = queue.firstIndex(where: { $0.id == id }), queue.remove(at: index).phase != .waiting else { return }
        }
        ended.append(id)
        lacksMemory = false
    }

    /// The attention service had no memory for a session that was to begin or to come back: it waits again, and until a sequence
    /// ends, what the others have reserved counts as all there is.
    ///
    /// - Returns: false if there are no others whose end could be waited for; nothing has changed then.
    mutating func lackedMemory(_ id: UInt64, wasParked: Bool) -> Bool {
        guard let index = running.firstIndex(where: { $0.id == id }), reservedBytes > running[index].demand.stateBytes else { return false }
        setAside(running[index], as: wasParked ? .parkedOnDisk : .waiting)
        lacksMemory = true
        return true
    }

    /// The plan's rows were computed.
    mutating func completed(_ rows: [StepPlan.Rows]) {
        let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.count) })
        for index in running.indices { running[index].carried += counts[running[index].id] ?? 0 }
    }

    /// What the next step does.
    ///
    /// - Parameter promptRowsMax: rows for prompts, where some sequence generates and where none does.
    mutating func plan(at now: Duration, promptRowsMax: (beside: Int, alone: Int)) -> StepPlan {
        step += 1
        var plan = StepPlan()
        plan.expired = expire(at: now)
        plan.closes = ended
        ended = []
        admit(at: now, into: &plan)
        let generating = running.filter { $0.promptLeft == 0 }
        plan.generatingCount = generating.count
        plan.rows = generating.map { $0.rows(1) }
        plan.rows += PromptShares.rows(
            of: running.filter { $0.promptLeft > 0 }, budget: generating.isEmpty ? promptRowsMax.alone : promptRowsMax.beside,
            generating: Dictionary(generating.map { ($0.demand.account, 1) }, uniquingKeysWith: +), weights: limits.weights)
        return plan
    }

    /// How many generate, each of which takes a row of the next step.
    var generatingCount: Int { running.count { $0.promptLeft == 0 } }

    private mutating func expire(at now: Duration) -> [UInt64] {
        let late = (running + queue).filter { ($0.demand.deadline ?? now) < now }.map(\.id)
        for id in late { end(id, at: now) }
        return late
    }

    // MARK: places

    private mutating func admit(at now: Duration, into plan: inout StepPlan) {
        var passed: Set<UInt64> = []
        while let head = next(at: now, except: passed) {
            if fits(head) || makeRoom(for: head, &plan) {
                begin(head, at: now, &plan)
            } else if now - head.arrival >= limits.ageing {
                return                              // it has been passed long enough
            } else {
                passed.insert(head.id)
            }
        }
    }

    private func next(at now: Duration, except passed: Set<UInt64>) -> Entry? {
        queue.lazy.filter { !passed.contains($0.id) && $0.setAsideStep < step }.min { a, b in
            let classes = (a.priority(at: now, ageing: limits.ageing), b.priority(at: now, ageing: limits.ageing))
            guard classes.0 == classes.1 else { return classes.0 > classes.1 }
            let served = (accounts.served(a.demand.account), accounts.served(b.demand.account))
            return served.0 == served.1 ? a.arrival < b.arrival : served.0 < served.1
        }
    }

    private var freeBytes: Int { lacksMemory ? 0 : limits.memoryBytes - reservedBytes }

    private func fits(_ entry: Entry) -> Bool {
        running.count < limits.placesMax && entry.bytesToBegin <= freeBytes
    }

    private mutating func begin(_ head: Entry, at now: Duration, _ plan: inout StepPlan) {
        guard let index = queue.firstIndex(where: { $0.id == head.id }) else { return }
        var entry = queue.remove(at: index)
        switch entry.phase {
        case .waiting: plan.opens[entry.id] = entry.demand.tokensMax
        case .parkedOnDisk: plan.resumes.append(entry.id)
        case .parkedInMemory: break
        }
        accounts.charge(entry.tokensLeft, to: entry.demand.account)
        entry.begun = now
        entry.begunStep = step
        running.append(entry)
    }

    /// Parks less urgent sequences, the youngest first, until `head` fits; nobody, where that would not be enough.
    private mutating func makeRoom(for head: Entry, _ plan: inout StepPlan) -> Bool {
        let victims = running.filter { $0.demand.priority < head.demand.priority && $0.begunStep < step }
            .sorted { ($0.demand.priority, $1.begunStep, $1.arrival) < ($1.demand.priority, $0.begunStep, $0.arrival) }
        let resting = queue.filter { $0.phase == .parkedInMemory && $0.demand.priority < head.demand.priority }
        let bytesNeeded = head.bytesToBegin
        var bytesFree = freeBytes, places = limits.placesMax - running.count
        var parked: [Entry] = [], moved: [Entry] = []
        for entry in resting where bytesFree < bytesNeeded {
            bytesFree += entry.demand.stateBytes
            moved.append(entry)
        }
        let toDisk = bytesFree < bytesNeeded
        for entry in victims where bytesFree < bytesNeeded || places < 1 {
            if toDisk { bytesFree += entry.demand.stateBytes }
            places += 1
            parked.append(entry)
        }
        guard bytesFree >= bytesNeeded, places >= 1 else { return false }
        // An older, larger one may have made a younger one's sacrifice needless.
        parked.removeAll { entry in
            let bytes = toDisk ? entry.demand.stateBytes : 0
            guard places > 1, bytesFree - bytes >= bytesNeeded else { return false }
            (places, bytesFree) = (places - 1, bytesFree - bytes)
            return true
        }
        for entry in moved {
            plan.parks.append(entry.id)
            queue.firstIndex { $0.id == entry.id }.map { queue[$0].phase = .parkedOnDisk }
        }
        for entry in parked { setAside(entry, as: toDisk ? .parkedOnDisk : .parkedInMemory) }
        if toDisk { plan.parks += parked.map(\.id) }
        return true
    }

    /// Takes a running sequence from its place; it waits for another.
    private mutating func setAside(_ entry: Entry, as phase: Entry.Phase) {
        running.removeAll { $0.id == entry.id }
        accounts.refund(entry.tokensLeft, to: entry.demand.account)
        var entry = entry
        entry.phase = phase
        entry.setAsideStep = step
        queue.insert(entry, at: queue.firstIndex { $0.arrival > entry.arrival } ?? queue.endIndex)
    }
}

extension Scheduler {
    /// One sequence.
    struct Entry: Sendable {
        enum Phase { case waiting, parkedInMemory, parkedOnDisk }

        let id: UInt64
        let demand: Demand
        let arrival: Duration
        /// Where it stands while it does not run.
        var phase = Phase.waiting
        /// Tokens that went through the model.
        var carried = 0
        /// When it last came to run.
        var begun = Duration.zero
        var begunStep = 0
        /// When it last lost its place: it does not come back in the same step.
        var setAsideStep = 0

        init(id: UInt64, demand: Demand, arrival: Duration) { (self.id, self.demand, self.arrival) = (id, demand, arrival) }

        /// What it may still cost its account.
        var tokensLeft: Int { demand.tokensMax - carried }
        /// Memory it lacks to run.
        var bytesToBegin: Int { phase == .parkedInMemory ? 0 : demand.stateBytes }

        var promptLeft: Int { max(0, demand.promptCount - carried) }

        func rows(_ count: Int) -> StepPlan.Rows {
            StepPlan.Rows(id: id, start: carried, count: count, yieldsToken: carried + count >= demand.promptCount)
        }

        func priority(at now: Duration, ageing: Duration) -> Int {
            let classes = ageing > .zero ? min((now - arrival) / ageing, Double(Priority.high.rawValue)) : 0
            return min(demand.priority.rawValue + Int(classes), Priority.high.rawValue)
        }
    }
}
