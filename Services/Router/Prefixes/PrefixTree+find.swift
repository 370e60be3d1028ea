internal import Messages

extension PrefixTree {
    /// The kept states that save a prompt most, one for each of some replicas.
    ///
    /// At least the prompt's last token is left to be computed, since its logits are wanted.
    func matches(_ prompt: [Int32], on replicas: Set<ReplicaID>) -> PrefixMatches {
        let walk = Walk(prompt, in: self)
        var matches = PrefixMatches(unkept: PrefixMatch(matched: walk.matched))
        var missing = replicas
        // States at a deeper node have more of the prompt than any at a node above it.
        for node in walk.reached.reversed() where !missing.isEmpty && nodes[node].depth < prompt.count {
            let found = best(at: node, prompt, on: missing)
            for (replica, var match) in found where match.reused > 0 {
                match.matched = walk.matched
                match.miss = miss(walk, match, from: node)
                matches.kept[replica] = match
            }
            missing.subtract(found.keys)
        }
        matches.unkept.miss = miss(walk, matches.unkept, from: nil)
        let most = matches.best.reused
        func isElsewhere(_ match: PrefixMatch) -> Bool { most - match.reused >= Self.blockLength }
        for (replica, match) in matches.kept where isElsewhere(match) { matches.kept[replica]?.miss = .elsewhere }
        if isElsewhere(matches.unkept) { matches.unkept.miss = .elsewhere }
        return matches
    }

    /// Of each replica the state at `node` that has most of the prompt.
    private func best(at node: Int, _ prompt: [Int32], on replicas: Set<ReplicaID>) -> [ReplicaID: PrefixMatch] {
        var best: [ReplicaID: PrefixMatch] = [:]
        for kept in nodes[node].kept where replicas.contains(kept.replica) {
            let reused = reach(of: kept, at: node, prompt)
            guard reused > best[kept.replica]?.reused ?? -1 else { continue }
            best[kept.replica] = PrefixMatch(replica: kept.replica, state: kept.id, reused: reused)
        }
        return best
    }

    /// A kept state of exactly these tokens; of several the one that has been known for longest.
    func state(of tokens: [Int32]) -> StateID? { states(of: tokens).first?.id }

    /// Whether a replica keeps a state of exactly these tokens.
    func holds(_ tokens: [Int32], on replica: ReplicaID) -> Bool {
        states(of: tokens).contains { $0.replica == replica }
    }

    private func states(of tokens: [Int32]) -> [Kept] {
        let border = Self.border(tokens.count)
        let walk = Walk(Array(tokens[..<border]), in: self)
        guard walk.edge == nil, walk.matched == border else { return [] }
        return nodes[walk.end].kept.filter { $0.tail[...] == tokens[border...] }
    }

    /// The kept states whose tokens `tokens` begin with, the shortest first, and how many tokens each has.
    func states(along tokens: [Int32]) -> [(id: StateID, length: Int)] {
        let found = Walk(tokens, in: self).reached.flatMap { node in
            let rest = tokens[nodes[node].depth...]
            return nodes[node].kept.filter { rest.starts(with: $0.tail) }.map {
                (id: $0.id, length: nodes[node].depth + $0.tail.count)
            }
        }
        return found.sorted { $0.length < $1.length }
    }

    /// How many of the prompt's tokens a state at `node` has.
    private func reach(of kept: Kept, at node: Int, _ prompt: [Int32]) -> Int {
        let depth = nodes[node].depth
        return min(depth + commonLength(kept.tail[...], prompt[depth...]), prompt.count - 1)
    }

    private func miss(_ walk: Walk, _ match: PrefixMatch, from node: Int?) -> MissReason? {
        let depth = node.map { nodes[$0].depth } ?? -1
        guard match.matched - match.reused >= Self.blockLength else { return match.reused == 0 ? .unknown : nil }
        if walk.reached.contains(where: { nodes[$0].depth > depth && nodes[$0].hasLostState }) { return .evicted }
        let last = walk.edge ?? walk.end
        let further = nodes[last].keptBelow - (walk.edge == nil ? nodes[last].kept.count : 0)
        return further > 0 ? .parted : .notKept
    }
}
