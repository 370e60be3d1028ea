internal import Messages

@testable import Router

/// Does to the states what a plan says. Now and then attention has no memory or has lost a state, or the disk is full.
extension SchedulerWorld {
    /// - Returns: sequences that cannot take part in the step.
    mutating func apply(_ plan: StepPlan) -> Set<SequenceID> {
        for id in plan.closes { live[id] = nil }
        for state in plan.discards { kept[state] = nil }
        for keep in plan.keeps where keep.closes { self.keep(keep) }
        noteDropped()
        var unready: Set<SequenceID> = []
        for parking in plan.parks { park(parking, &unready) }
        for (id, positions) in plan.grows.sorted(by: { $0.key < $1.key }) { grow(id, positions, &unready) }
        for keep in plan.keeps where !keep.closes { self.keep(keep) }
        for (id, opening) in plan.resumes.sorted(by: { $0.key < $1.key }) { resume(id, opening, &unready) }
        for (id, opening) in plan.opens.sorted(by: { $0.key < $1.key }) { open(id, opening, &unready) }
        return unready
    }

    private mutating func keep(_ keep: StepPlan.Keep) {
        guard let state = live[keep.id], state.length == keep.tokens.count,
            keep.tokens == lives[keep.id]?.sequence.tokens(upTo: keep.tokens.count)
        else {
            trouble = "\(keep.id) keeps \(keep.tokens.count) tokens, and has \(live[keep.id].debugDescription)"
            return
        }
        if keep.closes { live[keep.id] = nil }
        guard !mishap(oneIn: 5) else { return }
        kept[keep.state] = keep.tokens
        book.kept(keep.state, keep.tokens, in: keep.scope)
        scheduler.kept(keep.id, length: keep.tokens.count)
        events.insert(keep.closes ? .keptAtEnd : .keptInPrompt)
    }

    private mutating func park(_ parking: StepPlan.Parking, _ unready: inout Set<SequenceID>) {
        let id = parking.id
        if parking.isKept {
            if kept[parking.state] == nil { trouble = "\(id) is written to disk and was not kept" }
        } else {
            guard let state = live[id], let life = lives[id], state.length == life.carried else {
                trouble = "\(id) is parked and is \(live[id].debugDescription)"
                return
            }
            live[id] = nil
            guard !mishap(oneIn: 20) else { return lose(id, &unready) }
            kept[parking.state] = life.sequence.tokens(upTo: life.carried)
            events.insert(.parkedAsState)
        }
        if mishap(oneIn: 3) {
            scheduler.stayedInMemory(id, at: now)
        } else if mishap(oneIn: 20) {
            lose(id, &unready)
        }
    }

    private mutating func grow(_ id: SequenceID, _ positions: Int, _ unready: inout Set<SequenceID>) {
        guard let before = live[id], positions > before.positions else {
            trouble = "\(id) grows to \(positions), and is \(live[id].debugDescription)"
            return
        }
        if lacks(id, .grow) {
            unready.insert(id)
        } else {
            live[id]?.positions = positions
            grant(id)
        }
    }

    private mutating func resume(_ id: SequenceID, _ opening: StepPlan.Opening, _ unready: inout Set<SequenceID>) {
        guard live[id] == nil, let tokens = kept[opening.state], tokens.count == opening.length,
            opening.length == lives[id]?.carried
        else {
            trouble = "\(id) comes back from \(opening), which is not its state"
            return
        }
        if mishap(oneIn: 20) {
            lose(id, &unready)
        } else if lacks(id, .resume) {
            unready.insert(id)
        } else {
            kept[opening.state] = nil
            live[id] = Live(positions: opening.tokensMax, length: opening.length)
            grant(id)
        }
    }

    private mutating func open(_ id: SequenceID, _ opening: StepPlan.Opening, _ unready: inout Set<SequenceID>) {
        if live[id] != nil { trouble = "\(id) is opened twice" }
        if lacks(id, .begin) {
            unready.insert(id)
            return
        }
        if opening.state != .none {
            guard let tokens = kept[opening.state] else {
                events.insert(.gone)
                book.gone([opening.state])
                return lose(id, &unready)
            }
            check(opening, of: id, against: tokens)
        }
        lives[id]?.carried = opening.length
        live[id] = Live(positions: opening.tokensMax, length: opening.length)
        lives[id].map { book.computes($0.sequence.request.prompt, in: $0.sequence.request.scope) }
        grant(id)
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
