/// Which routers are heard of. The sessions of one that is silent for too long are nobody's any more: it was killed, or cut off.
struct RouterLeases {
    /// A router says every few seconds that it lives. It can compute lost states again, so this may be short.
    static let length = Duration.seconds(30)

    private var lastHeard: [UInt64: Duration] = [:]

    /// - Parameter now: on a clock that does not go back.
    mutating func heard(_ router: UInt64, at now: Duration) { lastHeard[router] = now }

    /// - Returns: the routers whose lease has ended; each is told once.
    mutating func expired(at now: Duration) -> [UInt64] {
        let silent = lastHeard.filter { now - $0.value > Self.length }.keys.sorted()
        for router in silent { lastHeard[router] = nil }
        return silent
    }
}
