internal import Messages

/// When a router of each owner last showed that it lives. Kept states belong to an owner, a name that a router has
/// after a restart as well; those of one whose routers are silent for long enough are kept for nobody.
struct OwnerLeases {
    private var owners: [UInt64: String] = [:]
    private var lastHeard: [String: Duration] = [:]

    /// A router has shown that it lives, and named its owner.
    ///
    /// - Parameter now: on a clock that does not go back.
    mutating func heard(_ router: UInt64, of owner: String, at now: Duration) {
        owners[router] = owner
        lastHeard[owner] = now
    }

    /// A router has shown that it lives, at a time that may be before that of another one.
    mutating func heard(_ router: UInt64, at time: Duration) {
        if let owner = owners[router] { lastHeard[owner] = max(time, lastHeard[owner] ?? time) }
    }

    /// A router's lease has ended.
    mutating func forget(_ router: UInt64) { owners[router] = nil }

    /// The owners of some states who are silent for longer than `time`. Of one that was never heard of, the silence
    /// begins now; one that has no states is forgotten.
    mutating func silent(among owners: Set<String>, for time: Duration, at now: Duration) -> Set<String> {
        lastHeard = lastHeard.filter { owners.contains($0.key) || self.owners.values.contains($0.key) }
        for owner in owners where lastHeard[owner] == nil { lastHeard[owner] = now }
        return owners.filter { owner in lastHeard[owner].map { now - $0 > time } ?? false }
    }
}
