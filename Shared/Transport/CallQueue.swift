import NIOCore

/// Whole requests on their way from a connection's streams to its task. Both stay on the connection's event loop, so no
/// lock lies between them.
final class CallQueue {
    private var calls = CircularBuffer<IncomingCall>()
    private var reader: CheckedContinuation<Void, Never>?
    private var isFinished = false

    func add(_ call: IncomingCall) {
        calls.append(call)
        wakeReader()
    }

    /// No call will come any more; those that are here are still read.
    func finish() {
        isFinished = true
        wakeReader()
    }

    /// The next call, or nil after the last. For one reader, which need not hear of cancellation: the calls end with
    /// the connection.
    func next() async -> IncomingCall? {
        if calls.isEmpty, !isFinished { await withCheckedContinuation { reader = $0 } }
        return calls.popFirst()
    }

    private func wakeReader() {
        reader?.resume()
        reader = nil
    }
}
