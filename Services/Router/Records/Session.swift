/// A conversation that a client can name: its tokens, message by message, and what is known about it.
///
/// It has no state of the model. A state is a function of its tokens, so it is found, or computed again, by them.
package struct Session: Sendable, Equatable {
    /// A stretch of the conversation: one message, or one plain text.
    package struct Turn: Sendable, Equatable {
        /// Whose it is: a role of the chat template, or `prompt` and `completion` where there was no chat.
        package var role: String
        /// What the model reads for it: everything that the chat template writes around the message belongs to it.
        package var tokens: [Int32]

        /// Takes both as they are.
        package init(role: String, tokens: [Int32]) {
            self.role = role
            self.tokens = tokens
        }
    }

    /// What is known about the session beside its turns.
    package var facts: Facts
    /// In order; nothing but their tokens was ever read by the model.
    package private(set) var turns: [Turn]

    /// - Parameter facts: `tokens` and `turns` in it are counted anew from `turns`.
    package init(facts: Facts, turns: [Turn]) {
        self.facts = facts
        self.turns = turns
        count()
    }

    /// The whole conversation, as the model reads it.
    package var tokens: [Int32] { turns.flatMap(\.tokens) }

    /// How many tokens there are up to the end of each turn.
    package var positions: [Int] {
        var position = 0
        return turns.map { turn in
            position += turn.tokens.count
            return position
        }
    }

    /// Adds turns at the end, as of `time`.
    package mutating func append(_ new: [Turn], at time: Int) {
        turns += new
        changed(at: time)
    }

    /// Keeps the first `count` tokens, as of `time`; of a turn that ends behind them, the part that fits.
    package mutating func cut(to count: Int, at time: Int) {
        turns = Self.prefix(turns, tokens: count)
        changed(at: time)
    }

    /// The first `count` tokens of `turns`, still as turns; none of them is empty unless it was before.
    package static func prefix(_ turns: [Turn], tokens count: Int) -> [Turn] {
        var (kept, room) = ([Turn](), count)
        for turn in turns {
            guard turn.tokens.count <= room else {
                if room > 0 { kept.append(Turn(role: turn.role, tokens: Array(turn.tokens.prefix(room)))) }
                break
            }
            kept.append(turn)
            room -= turn.tokens.count
        }
        return kept
    }

    private mutating func changed(at time: Int) {
        facts.lastUsed = max(facts.lastUsed, time)
        facts.version += 1
        count()
    }

    private mutating func count() {
        facts.tokens = turns.reduce(0) { $0 + $1.tokens.count }
        facts.turns = turns.count
    }
}
