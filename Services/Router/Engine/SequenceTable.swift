internal import Checkpoint
internal import Messages

/// The sequences there are, and the scheduler that knows whose turn it is. A value: it decides, and whoever owns it
/// carries out what it says.
struct SequenceTable {
    private(set) var scheduler: Scheduler
    private(set) var sequences: [SequenceID: LiveSequence] = [:]
    private var lastNumber: UInt64 = 0
    /// Those that have ended since the last plan: their states may be kept.
    private var ended: [SequenceID: LiveSequence] = [:]
    private(set) var book = PrefixBook()
    private let keeping: KeepPolicy
    private(set) var rate = PrefillRate()
    private var counts = PrefixCounts()
    /// No step follows any more.
    private(set) var isClosed = false

    /// - Parameter keeping: where states are kept.
    init(_ limits: Scheduler.Limits, keeping: KeepPolicy = KeepPolicy()) {
        scheduler = Scheduler(limits)
        self.keeping = keeping
    }

    // MARK: what comes from outside

    /// - Parameter make: makes the sequence of this number.
    /// - Returns: the sequence's number.
    /// - Throws: `GenerationError` where it cannot be taken.
    mutating func submit(
        _ demand: Demand, at now: Duration, make: (SequenceID) -> LiveSequence
    ) throws(GenerationError) -> SequenceID {
        lastNumber += 1
        let id = SequenceID(rawValue: lastNumber)
        switch scheduler.submit(id, demand, at: now) {
        case .queued: break
        case .full(let wait): throw .overloaded("too many requests wait already; try again later", retryAfter: wait)
        case .tooLarge(let tokensMax): throw .promptTooLarge(demand.promptCount, tokensMax: tokensMax)
        }
        sequences[id] = make(id)
        return id
    }

    /// The sequence is over, whatever the reason.
    ///
    /// - Parameter isSound: its state is what its tokens lead to, so that it may be kept.
    /// - Returns: nil where it is gone already.
    mutating func remove(_ id: SequenceID, isSound: Bool = true, at now: Duration) -> LiveSequence? {
        scheduler.end(id, isSound: isSound, at: now)
        guard let sequence = sequences.removeValue(forKey: id) else { return nil }
        ended[id] = sequence
        return sequence
    }

    /// What a replica has for the states of sequences, and what of it is bound beyond what this router's sequences were
    /// granted. The first time it is told of, the replica joins.
    mutating func setMemory(of replica: ReplicaID, bytes: Int, othersBytes: Int) {
        let bytes = min(bytes, Scheduler.Limits.memoryBytesMax)
        var memory = scheduler.limits.replicas[replica] ?? ReplicaMemory(bytes: bytes)
        (memory.bytes, memory.othersBytes) = (bytes, min(othersBytes, bytes))
        scheduler.limits.replicas[replica] = memory
    }

    /// A replica that is there is about to go: it gets no new sequences, and those that it has leave it.
    mutating func drain(_ replica: ReplicaID) { scheduler.limits.replicas[replica]?.isDraining = true }

    /// A replica is gone with all that it had.
    mutating func lost(_ replica: ReplicaID, at now: Duration) {
        scheduler.lost(replica, at: now)
        book.lost(replica)
    }

    /// What a state takes on a replica has changed: replicas that there were are lost.
    mutating func setStateSize(_ size: StateSize, at now: Duration) {
        guard size != scheduler.limits.stateSize else { return }
        for replica in scheduler.limits.replicas.keys { lost(replica, at: now) }
        scheduler.limits.stateSize = size
    }

    /// A replica keeps a state that was not known.
    mutating func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        book.kept(state, tokens, in: scope, on: replica)
    }

    /// A replica keeps a state whose file has come from a client. The replica may have gone meanwhile.
    mutating func restored(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        if scheduler.limits.replicas[replica] != nil { book.kept(state, tokens, in: scope, on: replica) }
    }

    /// A replica does not keep these states any more.
    mutating func gone(_ states: Set<StateID>, on replica: ReplicaID) { book.gone(states, on: replica) }

    /// A kept state was carried from one replica to another, where it is kept from now on.
    ///
    /// - Returns: false where the other one has gone meanwhile: the state is where it was.
    mutating func moved(
        _ state: StateID, _ tokens: [Int32], in scope: PrefixScope, from source: ReplicaID, to target: ReplicaID
    ) -> Bool {
        guard scheduler.limits.replicas[target] != nil else { return false }
        book.gone([state], on: source)
        book.kept(state, tokens, in: scope, on: target)
        scheduler.arrived(state)
        return true
    }

    /// A kept state cannot be carried to another replica: who waited for it there begins without.
    mutating func stays(_ state: StateID) { scheduler.arrived(state) }

    /// A replica's kept states, in the order in which they should be carried elsewhere: first those that sequences wait
    /// for.
    func statesToMove(from replica: ReplicaID) -> [StateID] {
        let departing = scheduler.departingStates(from: replica)
        return departing + book.states(on: replica).subtracting(departing).sorted()
    }

    /// A replica's kept states as far as they are known.
    func states(on replica: ReplicaID) -> (shared: Set<StateID>, parked: Set<StateID>) {
        (book.states(on: replica), scheduler.parkedStates(on: replica))
    }

    /// No sequence is to be taken any more.
    ///
    /// - Returns: those that are left.
    mutating func close() -> [SequenceID] {
        isClosed = true
        return Array(sequences.keys)
    }

    // MARK: a step

    /// What the next step does.
    ///
    /// - Parameters:
    ///   - promptRowsMax: rows for prompts in a step in which no sequence generates.
    ///   - pace: says how many there may be in one in which some do.
    mutating func plan(at now: Duration, promptRowsMax: Int, _ pace: PromptPace) -> StepPlan {
        let beside = pace.rows(beside: scheduler.generatingCount)
        let plan = scheduler.plan(at: now, promptRowsMax: (beside: beside, alone: promptRowsMax), prefixes: prefixes)
        ended = [:]
        guard keeping.isOn else { return plan }
        for id in plan.opens.keys {
            if let request = sequences[id]?.request { book.computes(request.prompt, in: request.scope) }
        }
        return plan
    }

    private var prefixes: SequencePrefixes {
        let sequences = ended.isEmpty ? sequences : sequences.merging(ended) { living, _ in living }
        return SequencePrefixes(book: book, policy: keeping, rate: rate, sequences: sequences)
    }

    /// Sequences that cannot take part in a step.
    struct Unready {
        var ids: Set<SequenceID> = []
        /// Those of them that fail.
        var failed: [(id: SequenceID, error: any Error)] = []
    }

    /// Takes into account what came of moves. Who fails has no turn any more, but is still there.
    mutating func settle(_ results: [MoveResult], at now: Duration) -> Unready {
        var unready = Unready()
        for result in results {
            switch result {
            case .opened(let id, let bytes):
                scheduler.granted(id, bytes: bytes)
                noteBegin(of: id)
            case .granted(let id, let bytes): scheduler.granted(id, bytes: bytes)
            case .kept(let keep): noteKept(keep)
            case .notKept(let id):
                scheduler.departureKept(id, as: nil)
                counts.statesNotKept += 1
            case .stayedInMemory(let id, let replica): scheduler.stayedInMemory(id, on: replica, at: now)
            case .lackedMemory(let id, let wish, let error):
                unready.ids.insert(id)
                if !scheduler.lackedMemory(id, wish, at: now) { fail(id, error, at: now, &unready) }
            case .stateGone(let id, let state):
                unready.ids.insert(id)
                book.gone([state], on: scheduler.replica(of: id))
                scheduler.lostState(id)
                counts.statesGone += 1
            case .lost(let id):
                unready.ids.insert(id)
                scheduler.avoid(scheduler.replica(of: id), at: now)
                scheduler.lostState(id)
            case .failed(let id, let error):
                unready.ids.insert(id)
                if !scheduler.refused(id, at: now) { fail(id, error, at: now, &unready) }
            }
        }
        return unready
    }

    private mutating func noteBegin(of id: SequenceID) {
        guard keeping.isOn, sequences[id]?.reusesPrefix == true else { return }
        if let match = scheduler.running.first(where: { $0.id == id })?.match { counts.note(match, rate) }
    }

    private mutating func noteKept(_ keep: StepPlan.Keep) {
        // The replica may have gone meanwhile.
        guard scheduler.limits.replicas[keep.replica] != nil else { return }
        book.kept(keep.state, keep.tokens, in: keep.scope, on: keep.replica)
        scheduler.kept(keep.id, length: keep.tokens.count)
        if keep.closes { scheduler.departureKept(keep.id, as: keep.state) }
        counts.statesKept += 1
    }

    /// What was reused and kept since the last call.
    mutating func takeCounts() -> PrefixCounts {
        defer { counts = PrefixCounts() }
        return counts
    }

    /// A step with so many rows took `seconds`.
    mutating func noteStep(generating: Int, prompt: Int, seconds: Double) {
        rate.note(generating: generating, prompt: prompt, seconds: seconds)
    }

    private mutating func fail(_ id: SequenceID, _ error: any Error, at now: Duration, _ unready: inout Unready) {
        scheduler.end(id, isSound: false, at: now)
        unready.failed.append((id, error))
    }

    /// The rows of a plan, but for sequences that cannot take part or have gone meanwhile.
    func work(of plan: StepPlan, except unready: Set<SequenceID>) -> [SequenceRows] {
        plan.rows.compactMap { rows in
            guard !unready.contains(rows.id) else { return nil }
            return sequences[rows.id].map { SequenceRows(sequence: $0, rows: rows) }
        }
    }

    mutating func completed(_ rows: [StepPlan.Rows]) { scheduler.completed(rows) }

    /// - Parameter replica: the one that made the step fail; nil where it was none, or nobody knows.
    mutating func recover(
        _ ids: [SequenceID], from failure: StepFailure, on replica: ReplicaID? = nil, at now: Duration
    ) -> Recovery {
        if let replica, failure != .hopeless { scheduler.avoid(replica, at: now) }
        return Recovery(of: ids, from: failure, on: replica, &scheduler)
    }
}
