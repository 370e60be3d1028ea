internal import Checkpoint
internal import Synchronization

/// When each router last showed that it lives. One that is silent for too long was killed or cut off, and its
/// sequences can be closed. And which of them know what part of attention the service computes: the others would take
/// its answers for those of another part.
struct RouterLeases {
    /// A router calls every second. It can compute lost states again, so this is short.
    static let length = Duration.seconds(15)

    /// Of each router.
    private(set) var lastHeard: [UInt64: Duration] = [:]
    /// What the service computes.
    private(set) var part: AttentionPart
    /// Those that were told of the part since the service changed to it; nil: it never changed.
    private var informed: Set<UInt64>?

    /// - Parameter part: what the service computes, which every router knows until another one is held.
    init(_ part: AttentionPart = .whole) { self.part = part }

    /// - Parameter now: on a clock that does not go back.
    mutating func heard(_ router: UInt64, at now: Duration) { lastHeard[router] = now }

    /// - Returns: the routers whose lease has ended; each is told once.
    mutating func expired(at now: Duration) -> [UInt64] {
        let silent = lastHeard.filter { now - $0.value > Self.length }.keys.sorted()
        for router in silent {
            lastHeard[router] = nil
            informed?.remove(router)
        }
        return silent
    }

    // MARK: the part

    /// A router was told that the service computes `part`.
    mutating func told(_ router: UInt64, of part: AttentionPart) { if part == self.part { informed?.insert(router) } }

    func knowsPart(_ router: UInt64) -> Bool { informed?.contains(router) ?? true }

    /// Whether the lease of another router lasts.
    func hasOther(than router: UInt64, at now: Duration) -> Bool {
        lastHeard.contains { $0.key != router && now - $0.value <= Self.length }
    }

    /// The service computes another part from now on, as only this router knows.
    mutating func changePart(to part: AttentionPart, for router: UInt64) { (self.part, informed) = (part, [router]) }
}

/// The routers that use the service, whatever part of attention it computes, and the clock of all times here.
final class Routers: Sendable {
    private let leases = Mutex(RouterLeases())
    private let owners = Mutex(OwnerLeases())
    private let orphanTime: Duration
    private let start = ContinuousClock.now

    /// - Parameter orphanTime: how long kept states are kept whose owner's routers are silent.
    init(orphanTime: Duration = .seconds(86_400)) { self.orphanTime = orphanTime }

    var now: Duration { start.duration(to: .now) }

    /// A router has shown that it lives.
    func heard(_ router: UInt64) { heard(router, at: now) }
    func heard(_ router: UInt64, at now: Duration) { leases.withLock { $0.heard(router, at: now) } }

    /// A router has shown that it lives, and whose kept states it uses.
    func heard(_ router: UInt64, of owner: String) {
        heard(router)
        owners.withLock { [now] in $0.heard(router, of: owner, at: now) }
    }

    /// - Returns: the routers whose lease has ended; each is told once.
    func expired(at now: Duration) -> [UInt64] {
        let silent = leases.withLock { $0.expired(at: now) }
        owners.withLock { for router in silent { $0.forget(router) } }
        return silent
    }

    /// Of the owners of kept states, those whose routers are silent for so long that nobody may come for the states.
    func orphaning(_ owners: Set<String>, at now: Duration) -> Set<String> {
        let lastHeard = leases.withLock(\.lastHeard)
        return self.owners.withLock { [orphanTime] leases in
            for (router, time) in lastHeard { leases.heard(router, at: time) }
            return leases.silent(among: owners, for: orphanTime, at: now)
        }
    }

    /// A router has shown that it lives, and was told which part the service computes.
    func told(_ router: UInt64, of part: AttentionPart) {
        heard(router)
        leases.withLock { $0.told(router, of: part) }
    }

    /// A router that begins a sequence must know of which part of attention it is.
    func requireKnowledge(of router: UInt64) throws(AttentionError) {
        let (knows, part) = leases.withLock { ($0.knowsPart(router), $0.part) }
        guard knows else { throw .otherPart(part) }
    }

    /// - Parameter part: what the service computes for others.
    func requireAlone(_ router: UInt64, with part: AttentionPart) throws(AttentionError) {
        let hasOther = leases.withLock { [now] in $0.hasOther(than: router, at: now) }
        guard !hasOther else { throw .partInUse(part) }
    }

    func changePart(to part: AttentionPart, for router: UInt64) {
        leases.withLock { $0.changePart(to: part, for: router) }
    }
}
