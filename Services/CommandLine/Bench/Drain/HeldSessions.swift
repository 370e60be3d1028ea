/// How many sessions each attention service holds: a session is where more states are kept once it is made.
struct HeldSessions: Sendable, Equatable {
    private var counts: [String: Int] = [:]

    /// Notes a session.
    ///
    /// - Parameters:
    ///   - before: how many states each service kept before the session was made, by its name.
    ///   - after: how many it keeps with it.
    mutating func add(before: [String: Int], after: [String: Int]) {
        let growth = after.map { (name: $0.key, count: $0.value - (before[$0.key] ?? 0)) }
        guard let most = growth.filter({ $0.count > 0 }).max(by: { ($0.count, $1.name) < ($1.count, $0.name) }) else {
            return
        }
        counts[most.name, default: 0] += 1
    }

    subscript(name: String) -> Int { counts[name] ?? 0 }

    /// The service that holds most, of equals the first by name; nil where none holds any.
    var fullest: String? { counts.max { a, b in (a.value, b.key) < (b.value, a.key) }?.key }
}
