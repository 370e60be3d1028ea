/// When each router last showed that it lives. One that is silent for too long was killed or cut off, and its
/// sequences can be closed.
struct RouterLeases {
    /// A router calls every second. It can compute lost states again, so this is short.
    static let length = Duration.seconds(15)

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
