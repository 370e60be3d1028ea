internal import Messages

@testable import Router

/// Where nothing else is said, tests of prefixes are about the first replica.
extension PrefixBook {
    func find(_ prompt: [Int32], in scope: PrefixScope) -> PrefixMatch {
        matches(prompt, on: [.first], in: scope).best
    }

    func holds(_ tokens: [Int32], in scope: PrefixScope) -> Bool { holds(tokens, in: scope, on: .first) }

    var states: Set<StateID> { states(on: .first) }

    mutating func kept(_ id: StateID, _ tokens: [Int32], in scope: PrefixScope) {
        kept(id, tokens, in: scope, on: .first)
    }

    mutating func gone(_ ids: some Sequence<StateID>) { gone(ids, on: .first) }
}

extension PrefixTree {
    func find(_ prompt: [Int32]) -> PrefixMatch { matches(prompt, on: [.first]).best }

    mutating func keep(_ id: StateID, _ tokens: [Int32], use: Int) -> Int {
        keep(id, tokens, on: .first, use: use)
    }
}
