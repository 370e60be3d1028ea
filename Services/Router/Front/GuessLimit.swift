/// Slows down clients that guess API keys: each address may send `burst` wrong keys at once, then one in each
/// `interval`, over all its connections.
///
/// A right key is never slowed down, since many clients may share an address.
struct GuessLimit {
    private static let burst = 20
    private static let interval = Duration.milliseconds(100)
    private static let delayMax = Duration.seconds(10)
    static let addressesMax = 10_000

    /// When an address will have paid for its guesses, each of which costs an `interval`.
    private var paid: [String: ContinuousClock.Instant] = [:]

    var addressCount: Int { paid.count }

    /// - Returns: how long the answer to one more wrong key has to wait.
    mutating func wrongKey(from address: String, now: ContinuousClock.Instant) -> Duration {
        if paid[address] == nil, paid.count >= Self.addressesMax { forgetSome() }
        let limit = now.advanced(by: Self.interval * Self.burst + Self.delayMax)
        let due = min(max(paid[address] ?? now, now).advanced(by: Self.interval), limit)
        paid[address] = due
        return max(.zero, now.duration(to: due) - Self.interval * Self.burst)
    }

    /// Forgets a quarter of the addresses at once, so that it is seldom done: those that owe least, which have not
    /// guessed for the longest time. So guesses from many addresses do not wipe out what one of them owes.
    private mutating func forgetSome() {
        for (address, _) in paid.sorted(by: { $0.value < $1.value }).prefix(Self.addressesMax / 4) {
            paid[address] = nil
        }
    }
}
