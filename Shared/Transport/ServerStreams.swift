import Logging
import NIOCore

/// A whole request, on its way to the handler.
struct IncomingCall: Sendable {
    let stream: Int32
    let request: RPCRequest
    let task: CallTask
}

/// The calls of one connection to a server. Stays on the event loop.
final class ServerStreams: HTTP2Streams {
    private struct Entry {
        var call: ServerCall
        let task = CallTask()
        let deadline: NIODeadline?
        /// When the peer could last begin to send: at the head, or when it was given room.
        var receivingSince: NIODeadline
    }

    private let session: HTTP2Session
    private let limits: RPCLimits
    private let peer: String
    private let incoming: CallQueue
    private let activity: ConnectionActivity
    private let answers: AnswerRoom
    private let logger: Logger
    private var calls: [Int32: Entry] = [:]
    private var budget: WindowBudget
    private var earliest = EarliestDeadline()
    private var isDraining = false
    private(set) var lastMessage: NIODeadline?

    init(session: HTTP2Session, peer: String, incoming: CallQueue, activity: ConnectionActivity, logger: Logger) {
        self.session = session
        self.limits = session.limits
        self.peer = peer
        self.incoming = incoming
        self.activity = activity
        answers = AnswerRoom(bytesMax: session.limits.answerBytesMax)
        self.logger = logger
        budget = WindowBudget(limits: session.limits)
    }

    // MARK: from the peer

    func received(_ event: HTTP2Event, at now: NIODeadline) {
        switch event {
        case .head(let stream, let fields): open(stream, fields, at: now)
        case .headTooLarge(let stream):
            let sentence = "the header has more than \(limits.headerBytesMax) bytes or \(limits.headerCountMax) fields"
            if calls[stream] == nil { refuse(stream, RPCError(.resourceExhausted, sentence)) }
        case .data(let stream, let chunk): update(stream) { $0.received(chunk) }
        case .end(let stream): update(stream) { $0.receivedEnd() }
        case .closed(let stream, _): update(stream) { $0.streamClosed() }
        case .goAway(let code, let message):
            logger.debug(
                "client takes its leave",
                metadata: ["peer": "\(peer)", "http2.code": "\(code)", "http2.message": "\(message)"])
        case .settings, .settingsAcknowledged, .reset, .control: break
        }
    }

    private func open(_ stream: Int32, _ fields: HeaderFields, at now: NIODeadline) {
        guard calls[stream] == nil else { return }        // trailers
        // Handlers of streams that are already reset count here too, so resets cannot pile up work.
        guard !isDraining, calls.count < 2 * limits.concurrentStreamsMax else {
            session.reset(stream, code: HTTP2Code.refusedStream)
            return
        }
        do throws(RPCError) {
            let head = try RequestHead(fields, limits: limits)
            let deadline = head.timeoutMilliseconds.map { now + .milliseconds($0) }
            calls[stream] = Entry(call: ServerCall(head: head), deadline: deadline, receivingSince: now)
            activity.callBegan(now: calls.count)
            earliest.add(deadline)
            apply(budget.announce(head.bodyCount, on: stream), at: now)
        } catch {
            refuse(stream, error)
        }
    }

    private func refuse(_ stream: Int32, _ error: RPCError) {
        calls[stream] = Entry(call: ServerCall(refused: ()), deadline: nil, receivingSince: .now())
        activity.callBegan(now: calls.count)
        answer(stream, error)
    }

    // MARK: from the handler

    /// What a handler's task came to.
    struct Outcome: Sendable {
        let stream: Int32
        let result: Result<ByteBuffer, RPCError>
    }

    func finished(_ outcome: Outcome) {
        update(outcome.stream) { $0.handlerFinished(outcome.result) }
    }

    // MARK: time and ending

    var nextDeadline: NIODeadline? { earliest.value }

    func timePassed(to now: NIODeadline) {
        for (stream, entry) in calls
        where entry.call.isReceiving && !budget.isWaiting(stream) && now - entry.receivingSince > limits.requestTimeout
        {
            update(stream) { $0.receivingTimedOut() }
        }
        guard earliest.isReached(at: now) else { return }
        for (stream, entry) in calls {
            if let deadline = entry.deadline, deadline <= now {
                update(stream) { $0.deadlinePassed() }
            } else {
                earliest.add(entry.deadline)
            }
        }
    }

    /// Takes no new calls; those that are here finish.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        session.goAway()
    }

    var isDone: Bool { isDraining && calls.isEmpty }

    func connectionClosed(_ reason: RPCError) {
        logger.debug(
            "connection closed", metadata: ["peer": "\(peer)", "reason": "\(reason)", "calls": "\(calls.count)"])
        for stream in Array(calls.keys) { update(stream) { $0.streamClosed() } }
        incoming.finish()
    }

    // MARK: actions

    private func update(_ stream: Int32, _ change: (inout ServerCall) -> ServerCall.Action) {
        guard let index = calls.index(forKey: stream) else { return }
        // In place: a copy would copy the body with the next chunk.
        let action = change(&calls.values[index].call)
        perform(action, on: stream)
        guard let call = calls[stream]?.call else { return }
        guard !call.holdsBody else { return }
        let now = NIODeadline.now()
        apply(budget.release(stream), at: now)
        guard call.isOver else { return }
        calls[stream] = nil
        answers.release(stream)
        activity.callEnded(now: calls.count, at: now)
        lastMessage = calls.isEmpty ? now : nil
    }

    private func perform(_ action: ServerCall.Action, on stream: Int32) {
        switch action {
        case .none: break
        case .start(let body): start(stream, body)
        case .answer(let body): answer(stream, AnswerHead(bodyCount: body.readableBytes), body)
        case .refuse(let error): answer(stream, error)
        case .cancel: calls[stream]?.task.cancel()
        case .refuseAndCancel(let error):
            calls[stream]?.task.cancel()
            answer(stream, error)
        }
    }

    private func start(_ stream: Int32, _ body: ByteBuffer) {
        guard let entry = calls[stream] else { return }
        let request = RPCRequest(
            path: entry.call.head.path, body: body, deadline: entry.deadline, traceparent: entry.call.head.traceparent,
            peer: peer, answers: answers, stream: stream)
        incoming.add(IncomingCall(stream: stream, request: request, task: entry.task))
    }

    private func answer(_ stream: Int32, _ error: RPCError) {
        let sentence = AnswerHead.sentence(of: error)
        answer(stream, AnswerHead(failure: error.code, bodyCount: sentence.readableBytes), sentence)
    }

    private func answer(_ stream: Int32, _ head: AnswerHead, _ body: ByteBuffer) {
        do {
            try session.respond(stream, head.block(), body: body)
        } catch {
            // The stream was closed a moment ago; `closed` is on its way.
            logger.debug("an answer had no stream left", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    private func apply(_ grants: [WindowBudget.Grant], at now: NIODeadline) {
        for grant in grants {
            calls[grant.stream]?.receivingSince = now
            session.widen(grant.stream, to: grant.count)
        }
    }
}
