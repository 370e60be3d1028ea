internal import Messages
internal import Testing

@testable import Router

/// What is found in a tree of prompts and states.
@Suite("Prefix tree") struct PrefixTreeTests {
    /// Tokens that differ from those of other seeds at every position.
    private static func tokens(_ count: Int, seed: Int32 = 0) -> [Int32] {
        (0 ..< Int32(count)).map { $0 + seed * 1000 }
    }

    private static func tree(_ states: [(StateID, [Int32])]) -> PrefixTree {
        var tree = PrefixTree()
        for (id, tokens) in states { _ = tree.keep(id, tokens, use: 1) }
        return tree
    }

    @Test("the states along some tokens are those that have nothing else, the shortest first")
    func along() {
        var tree = PrefixTree()
        for (id, length) in [(1, 64), (2, 100), (3, 128), (4, 200)] as [(StateID, Int)] {
            _ = tree.keep(id, Self.tokens(length), use: 1)
        }
        _ = tree.keep(5, Self.tokens(80) + [9999], use: 2)
        func along(_ count: Int) -> [Int] { tree.states(along: Self.tokens(count)).map(\.length) }
        #expect(along(63).isEmpty && along(64) == [64] && along(99) == [64] && along(100) == [64, 100])
        #expect(along(200) == [64, 100, 128, 200] && along(1000) == [64, 100, 128, 200])
        #expect(tree.states(along: Self.tokens(1000)).map(\.id) == [1, 2, 3, 4])
        #expect(tree.states(along: Self.tokens(80) + [9999, 1]).map(\.id) == [1, 5])
        #expect(tree.states(along: []).isEmpty)
    }

    @Test("a prompt that goes on behind a state begins with all of it")
    func goesOn() {
        let tree = Self.tree([(1, Self.tokens(100))])
        #expect(tree.find(Self.tokens(150)) == PrefixMatch(replica: .first, state: 1, reused: 100, matched: 100))
    }

    @Test("the same prompt again uses all but its last token, which a state that ends at a border cannot offer")
    func same() {
        #expect(Self.tree([(1, Self.tokens(100))]).find(Self.tokens(100)).reused == 99)
        let match = Self.tree([(1, Self.tokens(128))]).find(Self.tokens(128))
        #expect(match == PrefixMatch(reused: 0, matched: 128, miss: .notKept))
    }

    @Test(
        "a state is cut back inside its last block, and no further",
        arguments: [(64, 64), (65, 65), (80, 80), (99, 99), (63, 0), (10, 0)])
    func cutBack(shared: Int, reused: Int) {
        let tree = Self.tree([(1, Self.tokens(100))])
        let prompt = Self.tokens(shared) + Self.tokens(60, seed: 7)
        let match = tree.find(prompt)
        #expect(match.reused == reused && match.matched == shared)
        #expect((match.state == 1) == (reused > 0))
    }

    @Test("of several states the one that saves most is taken")
    func longest() {
        let all = Self.tokens(1000)
        let tree = Self.tree([
            (1, Array(all[..<70])), (2, Array(all[..<300])), (3, Array(all[..<310])), (4, all),
        ])
        #expect(tree.find(all + [5]).state == 4)
        #expect(
            tree.find(Array(all[..<500]))
                == PrefixMatch(replica: .first, state: 3, reused: 310, matched: 500, miss: .parted))
        #expect(tree.find(Array(all[..<305])) == PrefixMatch(replica: .first, state: 3, reused: 304, matched: 305))
        #expect(tree.find(Array(all[..<200])).state == 1)
    }

    @Test("reasons for a miss: unknown, not kept, parted, evicted")
    func reasons() {
        var tree = PrefixTree()
        #expect(tree.find(Self.tokens(100)).miss == .unknown)
        tree.insert(Self.tokens(500), use: 1)
        #expect(tree.find(Self.tokens(600)) == PrefixMatch(matched: 500, miss: .notKept))
        let node = tree.keep(1, Self.tokens(400), use: 2)
        #expect(tree.find(Self.tokens(200) + Self.tokens(100, seed: 3)).miss == .parted)
        #expect(tree.find(Self.tokens(420)) == PrefixMatch(replica: .first, state: 1, reused: 400, matched: 420))
        tree.lose(1, at: node)
        #expect(tree.find(Self.tokens(420)) == PrefixMatch(matched: 420, miss: .evicted))
    }

    @Test("a state is known by exactly its tokens")
    func holds() {
        let tree = Self.tree([(1, Self.tokens(100)), (2, Self.tokens(128))])
        #expect(tree.holds(Self.tokens(100)) && tree.holds(Self.tokens(128)))
        #expect(!tree.holds(Self.tokens(99)) && !tree.holds(Self.tokens(64)) && !tree.holds(Self.tokens(101)))
        #expect(!tree.holds(Self.tokens(64, seed: 1)))
    }

    @Test("each replica offers its own states, and where another has clearly more that is told")
    func replicas() {
        let all = Self.tokens(1000)
        var tree = PrefixTree()
        for (id, length, replica) in [(1, 500, 1), (2, 200, 2), (3, 490, 3), (4, 300, 2)] {
            _ = tree.keep(
                StateID(rawValue: UInt64(id)), Array(all[..<length]), on: ReplicaID(replica), use: 1)
        }
        let matches = tree.matches(Array(all[..<600]), on: [ReplicaID(1), ReplicaID(2), ReplicaID(3), ReplicaID(4)])
        #expect(
            matches.kept == [
                ReplicaID(1): PrefixMatch(replica: ReplicaID(1), state: 1, reused: 500, matched: 500),
                ReplicaID(2): PrefixMatch(
                    replica: ReplicaID(2), state: 4, reused: 300, matched: 500, miss: .elsewhere),
                ReplicaID(3): PrefixMatch(replica: ReplicaID(3), state: 3, reused: 490, matched: 500),
            ])
        #expect(matches.unkept == PrefixMatch(matched: 500, miss: .elsewhere))
        #expect(matches.best.state == 1)
        let some = tree.matches(Array(all[..<600]), on: [ReplicaID(2)])
        #expect(some.kept.keys.sorted() == [ReplicaID(2)] && some.best.state == 4)
    }

    @Test("of replicas that have as much the oldest is best")
    func equals() {
        var tree = PrefixTree()
        for replica in [3, 2, 4] {
            _ = tree.keep(
                StateID(rawValue: UInt64(replica)), Self.tokens(100), on: ReplicaID(replica), use: 1)
        }
        let matches = tree.matches(Self.tokens(200), on: [ReplicaID(2), ReplicaID(3), ReplicaID(4)])
        #expect(matches.best.replica == ReplicaID(2))
        #expect(tree.holds(Self.tokens(100), on: ReplicaID(4)) && !tree.holds(Self.tokens(100), on: .first))
        #expect(tree.state(of: Self.tokens(100)) == 3, "the one that has been known for longest")
    }

    @Test("what is found is what a search through all states finds, whatever was kept, lost and computed")
    func random() {
        for seed in 0 ..< 300 as Range<UInt64> {
            var world = TreeWorld(seed: seed)
            for _ in 0 ..< 60 { world.change() }
            #expect(world.trouble == nil, "seed \(seed)")
        }
    }
}

/// A tree beside a list of everything that is in it.
private struct TreeWorld {
    var random: RandomSource
    var tree = PrefixTree()
    var states: [(id: StateID, tokens: [Int32], replica: ReplicaID, node: Int)] = []
    private static let replicas = (1 ... 3).map { ReplicaID($0) }
    var paths: [[Int32]] = []
    var lastID: UInt64 = 0
    var trouble: String?

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    mutating func change() {
        let tokens = tokens()
        switch Int.random(in: 0 ..< 10, using: &random) {
        case 0 ..< 3:
            lastID += 1
            let id = StateID(rawValue: lastID)
            let replica = Self.replicas[Int.random(in: 0 ..< 3, using: &random)]
            states.append((id, tokens, replica, tree.keep(id, tokens, on: replica, use: Int(lastID))))
            paths.append(tokens)
        case 3 ..< 5:
            tree.insert(tokens, use: Int(lastID))
            paths.append(tokens)
        case 5:
            guard let index = states.indices.randomElement(using: &random) else { return }
            let state = states.remove(at: index)
            tree.lose(state.id, at: state.node)
        default: check(tokens)
        }
    }

    /// Beginnings of known paths, with other tokens behind them: two different tokens make many common beginnings.
    private mutating func tokens() -> [Int32] {
        let known = paths.randomElement(using: &random) ?? []
        let common = Int.random(in: 0 ... known.count, using: &random)
        let more = Int.random(in: 0 ... 150, using: &random)
        let new = (0 ..< more).map { _ in Int32.random(in: 0 ... 1, using: &random) }
        let tokens = known[..<common] + new
        return tokens.isEmpty ? [1] : Array(tokens)
    }

    private mutating func check(_ prompt: [Int32]) {
        let matches = tree.matches(prompt, on: Set(Self.replicas))
        let matched = paths.map { commonLength($0[...], prompt[...]) }.max() ?? 0
        let reach = states.map { state in
            let reach = min(commonLength(state.tokens[...], prompt[...]), prompt.count - 1)
            return reach >= state.tokens.count / 64 * 64 ? reach : 0
        }
        if matches.best.reused != reach.max() ?? 0 { trouble = "\(matches.best) is best, expected \(reach)" }
        for replica in Self.replicas {
            let match = matches.kept[replica] ?? matches.unkept
            let indices = states.indices.filter { states[$0].replica == replica }
            let longest = indices.map { reach[$0] }.max() ?? 0
            if match.matched != matched { trouble = "\(match.matched) matched, expected \(matched)" }
            if match.reused != longest { trouble = "\(match.reused) reused on \(replica), expected \(longest)" }
            if match.reused > 0, !indices.contains(where: { states[$0].id == match.state && reach[$0] == match.reused })
            {
                trouble = "\(match.state) does not reach \(match.reused) on \(replica)"
            }
            if tree.holds(prompt, on: replica) != indices.contains(where: { states[$0].tokens == prompt }) {
                trouble = "holds is wrong"
            }
        }
    }
}

extension PrefixTree {
    /// Whether a state of exactly these tokens is kept.
    fileprivate func holds(_ tokens: [Int32]) -> Bool { state(of: tokens) != nil }
}
