internal import Messages

@testable import Router

/// Does to the states what a plan says. Now and then attention has no memory or has lost a state, or the disk is full.
extension SchedulerWorld {
    /// - Returns: sequences that cannot take part in the step.
    mutating func apply(_ plan: StepPlan) -> Set<SequenceID> {
        for (replica, ids) in plan.closes { for id in ids { close(id, on: replica) } }
        for (replica, states) in plan.discards {
            for state in states {
                if kept[state].map({ $0.replica != replica }) ?? false { trouble = "\(state) is not on \(replica)" }
                kept[state] = nil
            }
        }
        for keep in plan.keeps where keep.closes { self.keep(keep) }
        noteDropped()
        var unready: Set<SequenceID> = []
        for parking in plan.parks { park(parking, &unready) }
        for (id, growth) in plan.grows.sorted(by: { $0.key < $1.key }) { grow(id, growth, &unready) }
        for keep in plan.keeps where !keep.closes { self.keep(keep) }
        for (id, opening) in plan.resumes.sorted(by: { $0.key < $1.key }) { resume(id, opening, &unready) }
        for (id, opening) in plan.opens.sorted(by: { $0.key < $1.key }) { open(id, opening, &unready) }
        return unready
    }

    private mutating func close(_ id: SequenceID, on replica: ReplicaID) {
        if let state = live[id], state.replica != replica { trouble = "\(id) is closed on \(replica), and is \(state)" }
        live[id] = nil
    }

    private mutating func keep(_ keep: StepPlan.Keep) {
        guard let state = live[keep.id], state.replica == keep.replica, state.length == keep.tokens.count,
            keep.tokens == lives[keep.id]?.sequence.tokens(upTo: keep.tokens.count)
        else {
            trouble = "\(keep.id) keeps \(keep.tokens.count) tokens, and has \(live[keep.id].debugDescription)"
            return
        }
        if keep.closes { live[keep.id] = nil }
        guard !isGone(keep.replica), !mishap(oneIn: 5) else { return scheduler.departureKept(keep.id, as: nil) }
        if keep.closes { scheduler.departureKept(keep.id, as: keep.state) }
        kept[keep.state] = Kept(replica: keep.replica, tokens: keep.tokens)
        book.kept(keep.state, keep.tokens, in: keep.scope, on: keep.replica)
        scheduler.kept(keep.id, length: keep.tokens.count)
        events.insert(keep.closes ? .keptAtEnd : .keptInPrompt)
    }

    private mutating func park(_ parking: StepPlan.Parking, _ unready: inout Set<SequenceID>) {
        let id = parking.id
        if parking.isKept {
            if kept[parking.state]?.replica != parking.replica { trouble = "\(id) is written to disk and was not kept" }
        } else {
            guard let state = live[id], let life = lives[id], state.length == life.carried,
                state.replica == parking.replica
            else {
                trouble = "\(id) is parked and is \(live[id].debugDescription)"
                return
            }
            live[id] = nil
            guard !isGone(parking.replica), !mishap(oneIn: 20) else { return lose(id, &unready) }
            kept[parking.state] = Kept(replica: parking.replica, tokens: life.sequence.tokens(upTo: life.carried))
            events.insert(.parkedAsState)
        }
        if mishap(oneIn: 3) {
            scheduler.stayedInMemory(id, on: parking.replica, at: now)
        } else if mishap(oneIn: 20) {
            lose(id, &unready)
        }
    }

    private mutating func grow(
        _ id: SequenceID, _ growth: StepPlan.Growth, _ unready: inout Set<SequenceID>
    ) {
        guard let before = live[id], growth.tokensMax > before.positions, before.replica == growth.replica else {
            trouble = "\(id) grows to \(growth), and is \(live[id].debugDescription)"
            return
        }
        if isGone(growth.replica) {
            lose(id, &unready)
        } else if lacks(id, .grow) {
            unready.insert(id)
        } else {
            live[id]?.positions = growth.tokensMax
            grant(id)
        }
    }

    private mutating func resume(_ id: SequenceID, _ opening: StepPlan.Opening, _ unready: inout Set<SequenceID>) {
        guard live[id] == nil, let state = kept[opening.state], state.tokens.count == opening.length,
            opening.length == lives[id]?.carried, state.replica == opening.replica
        else {
            trouble = "\(id) comes back from \(opening), which is not its state"
            return
        }
        if isGone(opening.replica) || mishap(oneIn: 20) {
            lose(id, &unready)
        } else if lacks(id, .resume) {
            unready.insert(id)
        } else {
            kept[opening.state] = nil
            live[id] = Live(replica: opening.replica, positions: opening.tokensMax, length: opening.length)
            grant(id)
        }
    }

    private mutating func open(_ id: SequenceID, _ opening: StepPlan.Opening, _ unready: inout Set<SequenceID>) {
        if live[id] != nil { trouble = "\(id) is opened twice" }
        if isGone(opening.replica) { return lose(id, &unready) }
        if lacks(id, .begin) {
            unready.insert(id)
            return
        }
        if opening.state != .none {
            guard let state = kept[opening.state] else {
                events.insert(.gone)
                book.gone([opening.state], on: opening.replica)
                return lose(id, &unready)
            }
            if state.replica != opening.replica { trouble = "\(id) begins from \(state), which is elsewhere" }
            check(opening, of: id, against: state.tokens)
        }
        noteReplica(of: opening, id)
        lives[id]?.carried = opening.length
        live[id] = Live(replica: opening.replica, positions: opening.tokensMax, length: opening.length)
        lives[id].map { book.computes($0.sequence.request.prompt, in: $0.sequence.request.scope) }
        grant(id)
    }

    private mutating func noteReplica(of opening: StepPlan.Opening, _ id: SequenceID) {
        guard let life = lives[id], let entry = scheduler.running.first(where: { $0.id == id }) else { return }
        if life.replica != .none, life.replica != opening.replica { events.insert(.begunElsewhere) }
        if entry.match.miss == .elsewhere { events.insert(.forwentPrefix) }
        lives[id]?.replica = opening.replica
    }

    /// A state serves as a prefix that ends in its last block.
    private mutating func check(_ opening: StepPlan.Opening, of id: SequenceID, against tokens: [Int32]) {
        events.insert(opening.length < tokens.count ? .cutBack : .reused)
        let own = lives[id]?.sequence.tokens(upTo: opening.length)
        guard own == Array(tokens.prefix(opening.length)), opening.length <= tokens.count,
            opening.length >= tokens.count / 64 * 64, opening.length < lives[id]?.promptCount ?? 0
        else {
            trouble = "\(id) begins with \(opening.length) tokens of a state of \(tokens.count)"
            return
        }
    }

    /// The service answers what it has bound: mostly what was expected, sometimes less, since pages are shared.
    private mutating func grant(_ id: SequenceID) {
        guard let entry = scheduler.running.first(where: { $0.id == id }) else { return }
        let isShared = entry.match.state != .none && chance(oneIn: 2)
        scheduler.granted(id, bytes: isShared ? entry.grantedBytes / 2 : entry.grantedBytes)
    }

    private mutating func lose(_ id: SequenceID, _ unready: inout Set<SequenceID>) {
        scheduler.lostState(id)
        lives[id]?.beginAnew()
        live[id] = nil
        unready.insert(id)
    }

    private mutating func lacks(_ id: SequenceID, _ wish: Scheduler.Wish) -> Bool {
        guard mishap(oneIn: wish == .begin ? 10 : 40) else { return false }
        let waits = scheduler.lackedMemory(id, wish, at: now)
        if scheduler.queue.contains(where: { $0.id == id && $0.beginsEmpty }) { events.insert(.begunEmpty) }
        return waits
    }

    /// Sequences that made room and lost their state with it begin anew.
    private mutating func noteDropped() {
        for entry in scheduler.queue where entry.phase == .waiting && live[entry.id] == nil {
            if lives[entry.id]?.carried ?? 0 > 0 { lives[entry.id]?.beginAnew() }
        }
    }
}
