internal import Synchronization
internal import Tensors

/// Reads large requests on a thread of their own, one after the other: parsing and encoding megabytes holds up neither
/// `/health` nor anybody's small request. Accounts take turns, so that one that sends many delays only its own.
final class LargeRequests: Sendable {
    /// In bytes; what is shorter is read at once.
    static let bytesMin = 64 << 10

    private let lane = ComputeLane(label: "large requests")
    private let state = Mutex(State())

    private struct State {
        var turns = Turns()
        var nextTicket = 0
        /// Told when their ticket's turn begins.
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]

        mutating func beginNext() {
            if let ticket = turns.begin() { waiting.removeValue(forKey: ticket)?.yield() }
        }
    }

    /// Runs `work` when its turn comes. It looks at the flag between its parts, and ends early when nobody wants the
    /// result.
    func run<R: Sendable>(
        for account: Int, _ work: @escaping @Sendable (CancellationFlag) throws -> R
    ) async throws -> R {
        try await waitForTurn(of: account)
        defer { pass() }
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await lane.run { try work(cancellation) }
        } onCancel: {
            cancellation.set()
        }
    }

    private func waitForTurn(of account: Int) async throws {
        let (turn, continuation) = AsyncStream<Void>.makeStream()
        let ticket = state.withLock { state in
            state.nextTicket += 1
            state.waiting[state.nextTicket] = continuation
            state.turns.join(state.nextTicket, of: account)
            state.beginNext()
            return state.nextTicket
        }
        for await _ in turn.prefix(1) {}        // ends without a turn where the task is cancelled
        guard Task.isCancelled else { return }
        let hadTurn = state.withLock { state in
            state.waiting[ticket] = nil
            return !state.turns.leave(ticket)
        }
        if hadTurn { pass() }
        throw CancellationError()
    }

    private func pass() {
        state.withLock { state in
            state.turns.end()
            state.beginNext()
        }
    }
}

/// Who comes next where one works at a time: the account that has waited longest for its last turn, and of its tickets
/// the first.
struct Turns {
    private var waiting: [(ticket: Int, account: Int)] = []
    private var isTaken = false
    private var count = 0
    /// When each account had its last turn, counted in turns.
    private var last: [Int: Int] = [:]

    /// Turns longer ago than this many are forgotten.
    private static let accountsMax = 1024

    mutating func join(_ ticket: Int, of account: Int) { waiting.append((ticket, account)) }

    /// - Returns: false where the ticket does not wait: it has its turn already.
    mutating func leave(_ ticket: Int) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// The ticket whose turn begins now, if there is one and the turn before has ended.
    mutating func begin() -> Int? {
        guard !isTaken,
            let next = waiting.min(by: { (last[$0.account] ?? 0, $0.ticket) < (last[$1.account] ?? 0, $1.ticket) })
        else { return nil }
        waiting.removeAll { $0.ticket == next.ticket }
        isTaken = true
        count += 1
        last[next.account] = count
        if last.count > Self.accountsMax { last = last.filter { $0.value > count - Self.accountsMax } }
        return next.ticket
    }

    mutating func end() { isTaken = false }
}
