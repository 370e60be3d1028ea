/// Room for large bodies on one connection: who may send now, and who waits for an earlier one to be done with.
///
/// A stream's first window lets `windowBytes` in unasked. A larger body is admitted when its whole length fits beside
/// those already admitted; it is then given a window of its length at once, so admitted bodies never wait for each
/// other half-way. Waiting bodies are admitted in the order in which they came, and one alone is admitted at any size:
/// together this leaves no state in which nobody can go on.
struct WindowBudget {
    private let windowBytes: Int
    private let bytesMax: Int
    private var admitted: [Int32: Int] = [:]
    private var admittedBytes = 0
    private var waiting: [(stream: Int32, count: Int)] = []

    init(limits: RPCLimits) {
        windowBytes = limits.windowBytes
        bytesMax = limits.bufferedBytesMax
    }

    /// A window to be opened: the peer may now send the whole body.
    struct Grant: Equatable {
        let stream: Int32
        let count: Int
    }

    /// A body was announced.
    mutating func announce(_ count: Int, on stream: Int32) -> [Grant] {
        guard count > windowBytes else { return [] }
        waiting.append((stream, count))
        return admitWaiting()
    }

    /// A body's bytes are no longer held, or will not come any more. Harmless for a stream it does not know.
    mutating func release(_ stream: Int32) -> [Grant] {
        if let count = admitted.removeValue(forKey: stream) {
            admittedBytes -= count
        } else if let index = waiting.firstIndex(where: { $0.stream == stream }) {
            waiting.remove(at: index)
        } else {
            return []
        }
        return admitWaiting()
    }

    func isWaiting(_ stream: Int32) -> Bool {
        waiting.contains { $0.stream == stream }
    }

    private mutating func admitWaiting() -> [Grant] {
        var grants: [Grant] = []
        while let next = waiting.first, admitted.isEmpty || next.count <= bytesMax - admittedBytes {
            waiting.removeFirst()
            admitted[next.stream] = next.count
            admittedBytes += next.count
            grants.append(Grant(stream: next.stream, count: next.count))
        }
        return grants
    }
}
