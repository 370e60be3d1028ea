import Logging
import NIOCore
import Synchronization

/// One call on its way from the caller's task to the connection and back.
final class PendingCall: Sendable {
    let path: String
    let body: ByteBuffer
    let deadline: NIODeadline
    let timeout: TimeAmount
    let traceparent: String?
    private let continuation: CheckedContinuation<Result<ByteBuffer, RPCError>?, Never>
    private let cancellation: Cancellation

    /// Set when the caller's task is cancelled, which may be before its call has reached the event loop.
    final class Cancellation: Sendable {
        private let flag = Atomic(false)
        var isSet: Bool { flag.load(ordering: .acquiring) }
        func set() { flag.store(true, ordering: .releasing) }
    }

    init(
        path: String, body: ByteBuffer, deadline: NIODeadline, timeout: TimeAmount, traceparent: String?,
        cancellation: Cancellation, continuation: CheckedContinuation<Result<ByteBuffer, RPCError>?, Never>
    ) {
        self.path = path
        self.body = body
        self.deadline = deadline
        self.timeout = timeout
        self.traceparent = traceparent
        self.cancellation = cancellation
        self.continuation = continuation
    }

    var isCancelled: Bool { cancellation.isSet }
    func belongs(to cancellation: Cancellation) -> Bool { self.cancellation === cancellation }

    /// Wakes the caller. Must happen exactly once. Nil means that the connection is being replaced and did not take the
    /// call.
    func finish(_ result: Result<ByteBuffer, RPCError>?) { continuation.resume(returning: result) }
}

/// Why a connection takes no new calls.
struct Retirement: Sendable {
    let reason: RPCError
    /// The server is well; a new connection can be made at once.
    let isPlanned: Bool
}

/// The calls of one connection to a server. Stays on the event loop.
final class ClientStreams: HTTP2Streams {
    private struct Entry {
        var call = ClientCall()
        let pending: PendingCall
    }

    private let session: HTTP2Session
    private let limits: RPCLimits
    private let server: Address
    private let ready: EventLoopPromise<Void>
    private let retired: EventLoopPromise<Retirement>
    private let logger: Logger
    private var calls: [Int32: Entry] = [:]
    private var budget: WindowBudget
    private var earliest = EarliestDeadline()
    private var callsLeft: Int
    /// Why no new call is taken.
    private var refusal: Retirement?
    private(set) var lastMessage: NIODeadline?

    /// - Parameters:
    ///   - ready: succeeds when the server's SETTINGS have come, fails when the connection ends before.
    ///   - retired: succeeds when the connection takes no new calls any more, with the reason.
    init(
        session: HTTP2Session, server: Address, ready: EventLoopPromise<Void>, retired: EventLoopPromise<Retirement>,
        logger: Logger
    ) {
        self.session = session
        self.limits = session.limits
        self.server = server
        self.ready = ready
        self.retired = retired
        self.logger = logger
        budget = WindowBudget(limits: session.limits)
        callsLeft = session.limits.callsPerConnectionMax
    }

    // MARK: from callers

    func start(_ pending: PendingCall) {
        if let refusal { return pending.finish(refusal.isPlanned ? nil : .failure(refusal.reason)) }
        if pending.isCancelled { return pending.finish(.failure(Self.cancelled)) }
        let now = NIODeadline.now(), left = pending.deadline - now
        guard left > .zero else { return pending.finish(.failure(tooLate(pending))) }
        let head = RequestHead(
            path: pending.path, bodyCount: pending.body.readableBytes,
            timeoutMilliseconds: (left.nanoseconds + 999_999) / 1_000_000, traceparent: pending.traceparent)
        do throws(HTTP2Error) {
            let stream = try session.request(head.block(authority: "localhost"), body: pending.body)
            calls[stream] = Entry(pending: pending)
            lastMessage = now
            earliest.add(pending.deadline)
        } catch {
            pending.finish(.failure(RPCError(.unavailable, "\(server) takes no more calls: \(error)")))
        }
        callsLeft -= 1
        if callsLeft == 0 {
            retire(RPCError(.unavailable, "the connection to \(server) has made all its calls"), isPlanned: true)
        }
    }

    func cancel(_ cancellation: PendingCall.Cancellation) {
        for (stream, entry) in calls where entry.pending.belongs(to: cancellation) {
            update(stream) { $0.fail(Self.cancelled) }
        }
    }

    /// Fails what is in flight and closes.
    func stop() {
        let reason = RPCError(.unavailable, "the client of \(server) has stopped")
        retire(reason)
        for stream in Array(calls.keys) { update(stream) { $0.fail(reason) } }
    }

    // MARK: from the peer

    func received(_ event: HTTP2Event, at now: NIODeadline) {
        switch event {
        case .head(let stream, let fields): update(stream) { $0.received(fields, limits: limits) }
        case .headTooLarge(let stream):
            let sentence =
                "the answer's header has more than \(limits.headerBytesMax) bytes or \(limits.headerCountMax) fields"
            update(stream) { $0.fail(RPCError(.protocolError, sentence)) }
        case .data(let stream, let chunk): update(stream) { $0.received(chunk) }
        case .end(let stream): update(stream) { $0.receivedEnd() }
        case .closed(let stream, let code): update(stream) { $0.streamClosed(code: code) }
        case .settings: ready.succeed(())
        case .goAway(let code, let message):
            let reason = message.isEmpty ? "HTTP/2 code \(code)" : "HTTP/2 code \(code), \(message)"
            retire(RPCError(.unavailable, "\(server) takes no more calls on this connection (\(reason))"))
        case .settingsAcknowledged, .reset, .control: break
        }
    }

    // MARK: time and ending

    var nextDeadline: NIODeadline? { earliest.value }

    func timePassed(to now: NIODeadline) {
        guard earliest.isReached(at: now) else { return }
        for (stream, entry) in calls {
            if entry.pending.deadline <= now {
                update(stream) { $0.fail(tooLate(entry.pending)) }
            } else {
                earliest.add(entry.pending.deadline)
            }
        }
    }

    var isDone: Bool { refusal != nil && calls.isEmpty }

    func connectionClosed(_ reason: RPCError) {
        let lost = RPCError(
            reason.code == .protocolError ? .protocolError : .unavailable, "lost \(server): \(reason.message)")
        retire(lost)
        ready.fail(lost)        // no effect once it was ready
        for stream in Array(calls.keys) {
            update(stream) {
                _ = $0.fail(lost); return .finish(.failure(lost))
            }
        }
    }

    private func retire(_ reason: RPCError, isPlanned: Bool = false) {
        guard refusal == nil else { return }
        let retirement = Retirement(reason: reason, isPlanned: isPlanned)
        refusal = retirement
        retired.succeed(retirement)
    }

    // MARK: actions

    private static let cancelled = RPCError(.cancelled, "the caller gave up")

    private func tooLate(_ pending: PendingCall) -> RPCError {
        RPCError(
            .deadlineExceeded, "\(server) did not answer \(pending.path) within \(pending.timeout.milliseconds) ms")
    }

    private func update(_ stream: Int32, _ change: (inout ClientCall) -> ClientCall.Action) {
        guard let index = calls.index(forKey: stream) else { return }
        switch change(&calls.values[index].call) {        // in place: a copy would copy the body with the next chunk
        case .none: break
        case .announce(let count): apply(budget.announce(count, on: stream))
        case .finish(let result): finish(stream, result, reset: session.bodies[stream] != nil)
        case .finishAndReset(let result): finish(stream, result, reset: true)
        }
    }

    /// - Parameter reset: whether the server has more to say, or we have more to send that is not wanted.
    private func finish(_ stream: Int32, _ result: Result<ByteBuffer, RPCError>, reset: Bool) {
        guard let entry = calls.removeValue(forKey: stream) else { return }
        if calls.isEmpty { lastMessage = nil }
        if reset { session.reset(stream, code: HTTP2Code.cancel) }
        apply(budget.release(stream))
        entry.pending.finish(result)
    }

    private func apply(_ grants: [WindowBudget.Grant]) {
        for grant in grants { session.widen(grant.stream, to: grant.count) }
    }
}
