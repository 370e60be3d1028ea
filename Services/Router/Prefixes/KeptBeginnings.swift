internal import Messages

/// Digests of what kept states begin with, whatever their scope: tells whether a prompt would have been reused if all
/// scopes were one. Only counts come of it, so a digest that two beginnings have in common does no harm.
struct KeptBeginnings: Sendable {
    /// What a prompt must begin with, for a state to be of use to it.
    struct Beginning: Sendable {
        /// Of the fewest tokens that are worth reusing: most prompts that begin otherwise are told by these alone.
        fileprivate var start: Int
        /// Of the tokens up to the state's last block border; the same as `start` where that is at 0.
        fileprivate var whole: Int
    }

    /// How many states begin so.
    private var starts: [Int: Int] = [:], wholes: [Int: Int] = [:]

    /// The beginning of a state of these tokens; nil where they are too few to be reused.
    static func beginning(of tokens: [Int32]) -> Beginning? {
        guard tokens.count >= KeepPolicy.lengthMin else { return nil }
        var digest = Digest(tokens)
        let start = digest.value(upTo: KeepPolicy.lengthMin), border = PrefixTree.border(tokens.count)
        return Beginning(start: start, whole: border == 0 ? start : digest.value(upTo: border))
    }

    mutating func add(_ beginning: Beginning) { count(beginning, 1) }

    mutating func remove(_ beginning: Beginning) { count(beginning, -1) }

    /// Whether some state could save a part of this prompt, of which the last token is computed in any case.
    func serve(_ prompt: [Int32]) -> Bool {
        guard prompt.count > KeepPolicy.lengthMin else { return false }
        var digest = Digest(prompt)
        let start = digest.value(upTo: KeepPolicy.lengthMin)
        guard starts[start] != nil else { return false }
        let block = PrefixTree.blockLength
        return wholes[start] != nil
            || stride(from: block, to: prompt.count, by: block).contains { wholes[digest.value(upTo: $0)] != nil }
    }

    private mutating func count(_ beginning: Beginning, _ change: Int) {
        func changed(_ count: Int?) -> Int? {
            let count = (count ?? 0) + change
            return count > 0 ? count : nil
        }
        starts[beginning.start] = changed(starts[beginning.start])
        wholes[beginning.whole] = changed(wholes[beginning.whole])
    }

    /// Digests ever longer beginnings of some tokens.
    private struct Digest {
        private let tokens: [Int32]
        private var hasher = Hasher()
        private var digested = 0

        init(_ tokens: [Int32]) { self.tokens = tokens }

        /// - Parameter position: not below that of the call before.
        mutating func value(upTo position: Int) -> Int {
            for token in tokens[digested ..< position] { hasher.combine(token) }
            digested = position
            let hasher = hasher
            return hasher.finalize()
        }
    }
}
