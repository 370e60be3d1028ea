/// Slows down who tries API keys: each address may be wrong some times at once, then so many times a second, over all
/// its connections.
///
/// A right key is never slowed down, since many clients may share an address.
struct GuessLimit {
    private static let burst = 20
    private static let interval = Duration.milliseconds(100)
    private static let delayMax = Duration.seconds(10)
    static let addressesMax = 10_000

    /// When the guesses of an address would be paid for.
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

    /// A quarter of the addresses, so that it is seldom done: those that owe least, which have not guessed for the
    /// longest time. Whoever guesses from many addresses forgives none its debt.
    private mutating func forgetSome() {
        for (address, _) in paid.sorted(by: { $0.value < $1.value }).prefix(Self.addressesMax / 4) {
            paid[address] = nil
        }
    }
}
