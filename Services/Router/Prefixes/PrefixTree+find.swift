internal import Messages

extension PrefixTree {
    /// The kept state that saves a prompt most.
    ///
    /// At least the prompt's last token is left to be computed, since its logits are wanted.
    func find(_ prompt: [Int32]) -> PrefixMatch {
        let walk = Walk(prompt, in: self)
        var match = PrefixMatch(matched: walk.matched)
        // States at a deeper node have more of the prompt than any at a node above it.
        let node = walk.reached.last { !nodes[$0].kept.isEmpty && nodes[$0].depth < prompt.count }
        if let node {
            for kept in nodes[node].kept {
                let reused = reach(of: kept, at: node, prompt)
                if match.state == .none || reused > match.reused { (match.state, match.reused) = (kept.id, reused) }
            }
        }
        if match.reused == 0 { match.state = .none }
        match.miss = miss(walk, match, from: node)
        return match
    }

    /// The kept state of exactly these tokens.
    func state(of tokens: [Int32]) -> StateID? {
        let border = Self.border(tokens.count)
        let walk = Walk(Array(tokens[..<border]), in: self)
        guard walk.edge == nil, walk.matched == border else { return nil }
        return nodes[walk.end].kept.first { $0.tail[...] == tokens[border...] }?.id
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
