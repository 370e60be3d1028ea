internal import Transport

/// What becomes of an attention process that does not answer its calls as it should: a pure value.
///
/// One call that fails may be that call's fault, or nobody's. A process that fails call after call of one kind is of no
/// use, whatever it answers to others.
struct AttentionConduct: Sendable {
    /// What kind of call it is.
    enum Kind: Sendable {
        /// Rows are computed, which a process may not refuse once it has said that it can.
        case rows
        /// About states, some of which come from clients, and the process itself.
        case other
    }

    /// By path: calls since the last good answer that failed for no good reason.
    private var lapses: [String: Int] = [:]
    /// Calls with rows that are not answered, by number.
    private var owed: Set<Int> = []
    private var lastNumber = 0
    /// The oldest of them, where the process says that it computes nothing, and since when both are so.
    private var idle: (call: Int, since: Duration)?

    static let lapsesMax = 3, idleMax = Duration.seconds(20)

    /// A call with rows is made.
    ///
    /// - Returns: its number, with which `settled` has to be called.
    mutating func asked() -> Int {
        lastNumber += 1
        owed.insert(lastNumber)
        return lastNumber
    }

    /// A call with rows is answered, or has failed.
    mutating func settled(_ number: Int) { owed.remove(number) }

    /// A call was answered as it should be.
    mutating func answered(_ path: String) {
        if !lapses.isEmpty { lapses[path] = nil }
    }

    /// A call failed.
    ///
    /// - Returns: what the process answered that shows that it is of no use; nil where it may go on.
    mutating func failed(_ path: String, _ kind: Kind, _ error: RPCError) -> String? {
        switch error.code {
        case .protocolError: return "what is no answer to \(path): \(error.message)"
        // It is gone.
        case .unavailable, .cancelled: return nil
        case .notFound, .failedPrecondition, .resourceExhausted, .invalidArgument:
            guard kind == .rows else { return nil }
        case .deadlineExceeded, .internalError: break
        }
        lapses[path, default: 0] += 1
        guard lapses[path, default: 0] >= Self.lapsesMax else { return nil }
        return "none of the last \(Self.lapsesMax) calls of \(path), at last with \(error)"
    }

    /// The process has said whether it computes something.
    ///
    /// - Returns: as `failed`; a process that computes nothing for a long time while it owes an answer never gives it.
    mutating func looked(isIdle: Bool, at now: Duration) -> String? {
        guard isIdle, let oldest = owed.min() else {
            idle = nil
            return nil
        }
        guard let idle, idle.call == oldest else {
            idle = (oldest, now)
            return nil
        }
        guard now - idle.since >= Self.idleMax else { return nil }
        return "that it computes nothing, for \(Self.idleMax / .seconds(1)) s, while it owes an answer"
    }
}
