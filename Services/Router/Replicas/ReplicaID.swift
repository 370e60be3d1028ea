/// Names one replica of attention for the life of the router. A replica that is lost and comes again is another one.
struct ReplicaID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let rawValue: Int

    /// No replica.
    static let none = ReplicaID(rawValue: 0)
    /// The first that a router knows.
    static let first = ReplicaID(rawValue: 1)

    static func < (a: ReplicaID, b: ReplicaID) -> Bool { a.rawValue < b.rawValue }

    var description: String { "\(rawValue)" }
}
