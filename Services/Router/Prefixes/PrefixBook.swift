internal import Messages

/// The router's book of kept states: which there are, and the prompts that were computed, scope by scope. It decides
/// where a prompt can begin; it never waits for anything.
struct PrefixBook: Sendable {
    /// Most token ids that are remembered. Those of kept states are remembered whatever they come to.
    private let tokensMax: Int
    private var trees: [PrefixScope: PrefixTree] = [:]
    /// Where each state hangs.
    private var places: [StateID: Place] = [:]
    /// What states of all scopes begin with.
    private var beginnings = KeptBeginnings()
    /// Counts uses, the latest has the highest number.
    private var use = 0

    private struct Place: Sendable {
        let replica: ReplicaID
        let scope: PrefixScope
        let node: Int
        let beginning: KeptBeginnings.Beginning?
    }

    init(tokensMax: Int = 16 << 20) { self.tokensMax = tokensMax }

    // MARK: asking

    /// What is known about the beginning of a prompt on these replicas.
    func matches(_ prompt: [Int32], on replicas: Set<ReplicaID>, in scope: PrefixScope) -> PrefixMatches {
        var matches = trees[scope]?.matches(prompt, on: replicas) ?? PrefixMatches(unkept: PrefixMatch(miss: .unknown))
        if matches.unkept.miss == .unknown, beginnings.serve(prompt) { matches.unkept.miss = .otherScope }
        return matches
    }

    /// A kept state of exactly these tokens, on any replica.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { trees[scope]?.state(of: tokens) }

    /// Whether a replica keeps a state of exactly these tokens.
    func holds(_ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) -> Bool {
        trees[scope]?.holds(tokens, on: replica) ?? false
    }

    /// The kept states whose tokens `tokens` begin with, the shortest first, and how many tokens each has.
    func states(along tokens: [Int32], in scope: PrefixScope) -> [(id: StateID, length: Int)] {
        trees[scope]?.states(along: tokens) ?? []
    }

    /// All states that a replica keeps as far as is known.
    func states(on replica: ReplicaID) -> Set<StateID> { Set(places.filter { $0.value.replica == replica }.keys) }

    /// Where a state is kept; nil where it is not known.
    func replica(of state: StateID) -> ReplicaID? { places[state]?.replica }

    /// How many they are.
    var stateCount: Int { places.count }

    /// How many token ids are remembered.
    private(set) var tokenCount = 0

    // MARK: what happens

    /// A sequence with these tokens is being computed, or was.
    mutating func computes(_ tokens: [Int32], in scope: PrefixScope) {
        use += 1
        change(scope) { [use] in $0.insert(tokens, use: use) }
        trim()
    }

    /// A state of these tokens is kept on a replica.
    mutating func kept(_ id: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        guard id != .none, !tokens.isEmpty, places[id] == nil else { return }
        use += 1
        let node = change(scope) { [use] in $0.keep(id, tokens, on: replica, use: use) }
        let beginning = KeptBeginnings.beginning(of: tokens)
        if let beginning { beginnings.add(beginning) }
        places[id] = Place(replica: replica, scope: scope, node: node, beginning: beginning)
        trim()
    }

    /// A replica is gone with all states that it kept.
    mutating func lost(_ replica: ReplicaID) { gone(states(on: replica), on: replica) }

    /// A replica does not keep these states any more.
    mutating func gone(_ ids: some Sequence<StateID>, on replica: ReplicaID) {
        for id in ids {
            guard let place = places[id], place.replica == replica else { continue }
            places[id] = nil
            if let beginning = place.beginning { beginnings.remove(beginning) }
            change(place.scope) { $0.lose(id, at: place.node) }
        }
    }

    /// Changes a scope's tree; one that is empty afterwards is forgotten.
    private mutating func change<Result>(_ scope: PrefixScope, _ change: (inout PrefixTree) -> Result) -> Result {
        let before = trees[scope]?.tokenCount ?? 0
        let result = change(&trees[scope, default: PrefixTree()])
        let after = trees[scope]?.tokenCount ?? 0
        tokenCount += after - before
        if after == 0 { trees[scope] = nil }
        return result
    }

    /// Forgets the paths that were not used for longest, where more tokens are remembered than may be.
    private mutating func trim() {
        var excess = tokenCount - tokensMax
        guard excess > 0 else { return }
        // More than needed, so that this is rare.
        excess += tokensMax / 8
        var paths: [(use: Int, depth: Int, scope: PrefixScope, node: Int)] = []
        for (scope, tree) in trees {
            paths += tree.forgettable.map { (tree.nodes[$0].lastUse, tree.nodes[$0].depth, scope, $0) }
        }
        // A child comes before its parent.
        for path in paths.sorted(by: { ($0.use, $1.depth) < ($1.use, $0.depth) }) where excess > 0 {
            let before = tokenCount
            change(path.scope) { $0.forget(path.node) }
            excess -= before - tokenCount
        }
    }
}
