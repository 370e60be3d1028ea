internal import NIOCore

/// How long a client connection may take over each thing before it is given up. Told of events and their times, asked
/// for the next deadline.
///
/// A body of N bytes takes at most `head` + N / `bodyRate`, since each window of `head` must bring its part: what came
/// early does not buy time for later. Bytes count as they come, without chunk headers; a compressed body's are bounded
/// by the limit of what it becomes. Only what the client owes counts: the time in which the server does not read, or
/// still answers an earlier request, is the server's own.
struct ConnectionLife {
    struct Limits: Sendable {
        /// For the head of a request, also for the first one of a connection; and the window in which a body must bring
        /// `bodyRate`.
        var head = TimeAmount.seconds(30)
        /// Bytes per second that a body brings at least, over each window of `head`.
        var bodyRate = 4096
        /// Between an answer and the next request.
        var idle = TimeAmount.minutes(5)
        /// How long the client may take none of the bytes that wait for it.
        var stall = TimeAmount.seconds(30)
        /// Most bytes of a body that are read, and thrown away, after its request was answered; they must come within
        /// `idle`.
        var drainBytes = 128 << 20
    }

    enum Ending: Equatable { case idle, slowHead, slowBody, endlessBody, stalled }

    private enum Reading: Equatable {
        case nothing
        case head(since: NIODeadline)
        case body(since: NIODeadline, bytes: Int)
    }

    let limits: Limits
    private var reading = Reading.nothing
    /// Requests whose head was read and whose answer is not complete.
    private(set) var unanswered = 0
    private var requestCount = 0
    /// Since when no request is read or answered.
    private(set) var quietSince: NIODeadline
    private var pausedSince: NIODeadline?
    private var drained = 0
    /// Bytes the socket has taken, and since when it takes no more although there are some; nil where none wait.
    private var taken = 0
    private var stalledSince: NIODeadline?
    /// Since when there have been such bytes without a break.
    private(set) var unreadSince: NIODeadline?

    init(_ limits: Limits, now: NIODeadline) {
        self.limits = limits
        quietSince = now
    }

    var isReadingBody: Bool { if case .body = reading { true } else { false } }
    /// Whether nobody would miss the connection.
    var isQuiet: Bool { unanswered == 0 && !isReadingBody }
    var hasUnwrittenBytes: Bool { stalledSince != nil }

    // MARK: what comes in

    mutating func headBegan(now: NIODeadline) {
        if reading == .nothing { reading = .head(since: now) }
    }

    mutating func headRead(now: NIODeadline) {
        reading = .body(since: now, bytes: 0)
        unanswered += 1
        requestCount += 1
        drained = 0
    }

    mutating func bodyRead(_ count: Int) {
        if case .body(let since, let bytes) = reading { reading = .body(since: since, bytes: bytes + count) }
        if unanswered == 0 { drained += count }
    }

    mutating func requestRead(now: NIODeadline) {
        reading = .nothing
        quietSince = now
    }

    /// The server reads no more for a while.
    mutating func paused(now: NIODeadline) { if pausedSince == nil { pausedSince = now } }

    mutating func resumed(now: NIODeadline) {
        guard let pausedSince else { return }
        self.pausedSince = nil
        switch reading {
        case .nothing: break
        case .head(let since): reading = .head(since: since + (now - pausedSince))
        case .body(let since, let bytes): reading = .body(since: since + (now - pausedSince), bytes: bytes)
        }
    }

    // MARK: what goes out

    mutating func answered(now: NIODeadline) {
        unanswered = max(0, unanswered - 1)
        quietSince = now
        switch reading {        // what the client owed while it was answered is owed from now on
        case .nothing: break
        case .head: reading = .head(since: now)
        case .body: reading = .body(since: now, bytes: 0)
        }
    }

    /// - Parameters:
    ///   - taken: bytes the socket has taken so far.
    ///   - waiting: whether more are there to take.
    mutating func wrote(taken: Int, waiting: Bool, now: NIODeadline) {
        unreadSince = waiting ? unreadSince ?? now : nil
        if !waiting {
            stalledSince = nil
        } else if stalledSince == nil || taken > self.taken {
            stalledSince = now
        }
        self.taken = taken
    }

    // MARK: time

    /// When to look again.
    var deadline: NIODeadline {
        // A socket that takes bytes does not say so: it is looked at several times within the limit.
        var next = stalledSince.map { $0 + limits.stall } ?? .distantFuture
        if pausedSince == nil, let due { next = min(next, due) }
        return next
    }

    private var due: NIODeadline? {
        switch reading {
        case .nothing where unanswered == 0: quietSince + (requestCount == 0 ? limits.head : limits.idle)
        case .head(let since) where unanswered == 0: since + limits.head
        case .body(let since, _) where unanswered <= 1: since + limits.head
        default: nil
        }
    }

    /// - Returns: why the connection ends now; nil: it goes on.
    mutating func check(now: NIODeadline) -> Ending? {
        if let stalledSince, now >= stalledSince + limits.stall { return .stalled }
        if drained > limits.drainBytes { return .endlessBody }
        if unanswered == 0, isReadingBody, pausedSince == nil, now >= quietSince + limits.idle { return .endlessBody }
        guard pausedSince == nil, let due, now >= due else { return nil }
        switch reading {
        case .nothing: return .idle
        case .head: return .slowHead
        case .body(_, let bytes):
            guard bytes >= bytesPerWindow else { return .slowBody }
            reading = .body(since: now, bytes: 0)
            return nil
        }
    }

    private var bytesPerWindow: Int {
        Int(clamping: Int64(limits.bodyRate) * max(1, limits.head.nanoseconds / 1_000_000) / 1000)
    }
}
