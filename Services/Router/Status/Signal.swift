/// Tells one waiting task that there is something to look at.
///
/// Sending never waits. Where several values are sent before the task looks, it gets the newest one only: a signal says
/// that something has changed, not how often.
struct Signal<Value: Sendable>: Sendable {
    /// The values, for one task at a time; they end when that task is cancelled.
    let values: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    /// Makes a signal of which nothing was sent yet.
    init() { (values, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Replaces a value that nobody has looked at yet.
    func send(_ value: Value) { continuation.yield(value) }
}

extension Signal<Void> {
    /// Says that something has changed.
    func send() { send(()) }

    /// Returns after the next `send`, at once if there was one that nobody has looked at yet, or when the task is
    /// cancelled.
    func wait() async { for await _ in values { return } }
}
