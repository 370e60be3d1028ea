internal import Messages
internal import Testing

@testable import Router

/// Kept states of several scopes, and how much is remembered.
@Suite("Prefix book") struct PrefixBookTests {
    private static let mine = PrefixScope(text: "mine"), other = PrefixScope(text: "other")

    private static func tokens(_ count: Int, seed: Int32 = 0) -> [Int32] {
        (0 ..< Int32(count)).map { $0 + seed * 1000 }
    }

    @Test("scopes do not share prefixes")
    func scopes() {
        var book = PrefixBook()
        book.kept(1, Self.tokens(200), in: Self.mine)
        #expect(book.find(Self.tokens(300), in: Self.mine).reused == 200)
        #expect(book.find(Self.tokens(300), in: Self.other) == PrefixMatch(miss: .otherScope))
        #expect(book.holds(Self.tokens(200), in: Self.mine) && !book.holds(Self.tokens(200), in: Self.other))
    }

    @Test("a miss tells where states of other scopes alone would have served, as long as they are kept")
    func otherScopes() {
        var book = PrefixBook()
        func misses(_ prompt: [Int32]) -> MissReason? { book.find(prompt, in: Self.mine).miss }
        book.kept(1, Self.tokens(700), in: Self.other)
        book.kept(2, Self.tokens(700), in: Self.other)
        book.kept(3, Self.tokens(40, seed: 7), in: Self.other)
        #expect(misses(Self.tokens(641)) == .otherScope)
        #expect(misses(Self.tokens(640)) == .unknown)        // the state is of use behind its last border only
        #expect(misses(Self.tokens(300) + Self.tokens(300, seed: 9)) == .unknown)
        #expect(misses(Self.tokens(17, seed: 7)) == .otherScope)
        #expect(misses(Self.tokens(16, seed: 7)) == .unknown)        // its last token is computed in any case
        #expect(misses(Self.tokens(400, seed: 3)) == .unknown)
        book.gone([1])
        #expect(misses(Self.tokens(800)) == .otherScope)
        book.gone([2])
        #expect(misses(Self.tokens(800)) == .unknown)
        book.kept(4, Self.tokens(100), in: Self.mine)
        #expect(misses(Self.tokens(800)) == nil)
    }

    @Test("a state that is gone is not found any more; one that nobody knows concerns nobody")
    func gone() {
        var book = PrefixBook()
        book.kept(1, Self.tokens(200), in: Self.mine)
        book.kept(2, Self.tokens(300), in: Self.mine)
        book.gone([2, 9])
        #expect(book.states == [1])
        #expect(
            book.find(Self.tokens(400), in: Self.mine)
                == PrefixMatch(replica: .first, state: 1, reused: 200, matched: 300, miss: .evicted))
        book.gone([2])
        #expect(book.states == [1])
    }

    @Test("a replica that is lost takes its states with it; no other can let them go")
    func lost() {
        var book = PrefixBook()
        let (first, second) = (ReplicaID(1), ReplicaID(2))
        book.kept(1, Self.tokens(200), in: Self.mine, on: first)
        book.kept(2, Self.tokens(200), in: Self.mine, on: second)
        book.kept(3, Self.tokens(300), in: Self.other, on: second)
        #expect(book.holds(Self.tokens(200), in: Self.mine, on: second))
        book.gone([1], on: second)
        #expect(book.states(on: first) == [1] && book.replica(of: 1) == first)
        book.lost(second)
        #expect(book.states(on: second).isEmpty && book.states(on: first) == [1] && book.stateCount == 1)
        #expect(book.replica(of: 2) == nil)
        #expect(book.matches(Self.tokens(300), on: [first, second], in: Self.mine).kept.keys.sorted() == [first])
    }

    @Test("no state, a state without tokens and one that is known already change nothing")
    func ignored() {
        var book = PrefixBook()
        book.kept(.none, Self.tokens(100), in: Self.mine)
        book.kept(1, [], in: Self.mine)
        #expect(book.states.isEmpty && book.tokenCount == 0)
        book.kept(2, Self.tokens(100), in: Self.mine)
        book.kept(2, Self.tokens(300), in: Self.mine)
        #expect(book.find(Self.tokens(300), in: Self.mine).reused == 100)
    }

    @Test("where too much is remembered, paths that nobody used for long are forgotten, and states never")
    func bounded() {
        var book = PrefixBook(tokensMax: 1100)
        book.kept(1, Self.tokens(300), in: Self.other)
        book.computes(Self.tokens(300, seed: 1), in: Self.mine)
        book.computes(Self.tokens(300, seed: 2), in: Self.mine)
        book.computes(Self.tokens(200, seed: 1), in: Self.mine)
        book.computes(Self.tokens(300, seed: 3), in: Self.mine)
        #expect(book.tokenCount <= 1100)
        let matched = (1 ... 3).map { book.find(Self.tokens(400, seed: $0), in: Self.mine).matched }
        #expect(matched == [300, 0, 300])
        #expect(book.find(Self.tokens(400), in: Self.other).reused == 300)
    }

    @Test("however much is computed, the number of tokens stays within its limit")
    func never() {
        var random = RandomSource(seed: 5)
        var book = PrefixBook(tokensMax: 2000)
        var paths: [[Int32]] = [[]]
        for id in 1 ... 400 as ClosedRange<UInt64> {
            let known = paths.randomElement(using: &random) ?? []
            let tokens =
                known.prefix(.random(in: 0 ... 500, using: &random)) + [Int32(id)]
                + Self.tokens(.random(in: 1 ... 200, using: &random))
            paths.append(Array(tokens))
            book.computes(Array(tokens), in: id % 3 == 0 ? Self.mine : Self.other)
            if id % 10 == 0 { book.kept(StateID(rawValue: id), Array(tokens), in: Self.mine) }
            if id % 10 == 5 { book.gone([StateID(rawValue: id - 5)]) }
            #expect(book.tokenCount <= 2000)
        }
    }
}
