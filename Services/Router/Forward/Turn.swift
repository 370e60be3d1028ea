/// One of two tasks that come to the same place in turns, the first one first.
struct Turn: Sendable {
    private let mine: AsyncStream<Void>
    private let other: AsyncStream<Void>.Continuation

    static func pair() -> (Turn, Turn) {
        let (first, toFirst) = AsyncStream<Void>.makeStream(), (second, toSecond) = AsyncStream<Void>.makeStream()
        toFirst.yield()
        return (Turn(mine: first, other: toSecond), Turn(mine: second, other: toFirst))
    }

    /// Waits until the other has passed, or left.
    func come() async throws {
        for await _ in mine { return }
        try Task.checkCancellation()
    }

    /// Lets the other come.
    func pass() { other.yield() }

    /// Does not come any more: the other need not wait.
    func leave() { other.finish() }
}
