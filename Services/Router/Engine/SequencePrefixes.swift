internal import Messages

/// Answers the scheduler's questions about prefixes from the book of kept states and the sequences' tokens.
struct SequencePrefixes: PrefixSource {
    let book: PrefixBook
    let policy: KeepPolicy
    let rate: PrefillRate
    /// Those that live, and those that have ended since the last plan.
    let sequences: [SequenceID: LiveSequence]

    /// So often a sequence waits for another, whatever comes of it.
    private static let waitsMax = 8

    func beginning(
        of entry: Scheduler.Entry, on replicas: Set<ReplicaID>, beside running: [Scheduler.Entry],
        after keeps: [StepPlan.Keep]
    ) -> SequenceBeginning {
        guard policy.isOn, let sequence = sequences[entry.id] else { return .now(SequenceStarts()) }
        let request = sequence.request, tokens = sequence.tokens(upTo: entry.promptCount)
        var matches = book.matches(tokens, on: replicas, in: request.scope)
        for (replica, match) in matches.kept
        where entry.beginsEmpty || !sequence.reusesPrefix || match.reused < KeepPolicy.lengthMin {
            matches.kept[replica] = PrefixMatch(matched: match.matched, miss: match.miss)
        }
        let reused = matches.best.reused
        if !entry.beginsEmpty, sequence.reusesPrefix, entry.waitedFor.count < Self.waitsMax {
            if let keep = keeps.first(where: { saves($0, tokens, beyond: reused, in: request.scope) }) {
                return .wait(SharedPrefill.Wait(id: keep.id))
            }
            let others = running.compactMap { prefill(of: $0, beside: tokens, in: request.scope) }
            let wait = SharedPrefill.wait(promptCount: tokens.count, reused: reused, beside: others)
            if let wait { return .wait(wait) }
        }
        func start(_ match: PrefixMatch) -> SequenceStart {
            let points = policy.points(
                promptCount: tokens.count, reused: match.reused, matched: match.matched, keepAt: request.keepAt)
            return SequenceStart(
                match: match, keepAt: request.keepsState ? points : [], saved: .seconds(rate.seconds(match.reused)))
        }
        return .now(SequenceStarts(known: matches.kept.mapValues(start), unknown: start(matches.unkept)))
    }

    /// Whether a state that is about to be kept has more of these tokens than what is kept already: a client often
    /// sends its next turn as soon as it has an answer.
    private func saves(_ keep: StepPlan.Keep, _ tokens: [Int32], beyond reused: Int, in scope: PrefixScope) -> Bool {
        guard keep.scope == scope else { return false }
        let shared = min(commonLength(tokens[...], keep.tokens[...]), tokens.count - 1)
        return PrefixTree.border(keep.tokens.count) <= shared && shared - reused >= KeepPolicy.lengthMin
    }

    func keep(_ id: SequenceID, on replica: ReplicaID, length: Int, since: Int, closes: Bool) -> StepPlan.Keep? {
        guard let sequence = sequences[id] else { return nil }
        let isWanted = closes && sequence.request.keepsEnd
        guard isWanted || (policy.isOn && sequence.request.keepsState) else { return nil }
        guard isWanted || !closes || policy.keepsEnd(length: length, since: since) else { return nil }
        let tokens = sequence.tokens(upTo: length), scope = sequence.request.scope
        guard !book.holds(tokens, in: scope, on: replica) else { return nil }
        return StepPlan.Keep(
            id: id, replica: replica, state: .random(), closes: closes, scope: scope, tokens: tokens,
            worth: .seconds(rate.seconds(length - since)))
    }

    /// What a running sequence computes of these tokens; nil where it is past its prompt, or keeps nothing for others.
    private func prefill(
        of entry: Scheduler.Entry, beside tokens: [Int32], in scope: PrefixScope
    ) -> SharedPrefill.Running? {
        guard entry.promptLeft > 0 || entry.keepPoints.contains(entry.carried), let sequence = sequences[entry.id],
            sequence.request.scope == scope, sequence.request.keepsState
        else { return nil }
        let theirs = sequence.tokens(upTo: entry.promptCount)
        return SharedPrefill.Running(
            id: entry.id, shared: commonLength(tokens[...], theirs[...]), carried: entry.carried,
            keepPoints: entry.keepPoints)
    }
}
