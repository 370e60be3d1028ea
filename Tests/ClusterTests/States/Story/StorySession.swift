/// What a session has to be: its messages in tokens.
struct StorySession: Sendable, Equatable {
    let id: String
    private(set) var turns: [[Int]]

    init(id: String, turns: [[Int]] = []) { (self.id, self.turns) = (id, turns) }

    var tokens: [Int] { turns.flatMap(\.self) }
    /// As `GET` lists them.
    var positions: [Int] {
        turns.reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1.count) }
    }

    mutating func append(_ turn: [Int]) { turns.append(turn) }

    /// Keeps so many messages.
    mutating func cut(messages count: Int) { turns = Array(turns.prefix(count)) }

    /// Keeps so many tokens; the last message may be shorter then.
    mutating func cut(tokens count: Int) {
        var room = count
        turns = turns.compactMap { turn in
            defer { room = max(0, room - turn.count) }
            return room > 0 ? Array(turn.prefix(room)) : nil
        }
    }

    func forked(as id: String) -> StorySession { StorySession(id: id, turns: turns) }
}
