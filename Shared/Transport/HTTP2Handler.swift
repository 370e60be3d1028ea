import Logging
import NIOCore

/// What the two sides of a connection do with events: `ServerStreams` and `ClientStreams`. Stays on the event loop.
protocol HTTP2Streams: AnyObject {
    func received(_ event: HTTP2Event, at now: NIODeadline)
    /// The earliest moment at which `timePassed` has something to do.
    var nextDeadline: NIODeadline? { get }
    func timePassed(to now: NIODeadline)
    /// No call is left and none will come: the connection may be closed.
    var isDone: Bool { get }
    /// When a message last went out after which another is likely to come soon; nil where none is.
    var lastMessage: NIODeadline? { get }
    /// Called once, last: when the socket is closed, or as soon as that is certain.
    func connectionClosed(_ reason: RPCError)
}

/// One connection inside a NIO channel: bytes to the session, events to the streams, bytes to the socket.
///
/// Kept thin on purpose. Whatever happens (bytes, a posted command, a timer) ends in `settle`, which drains the session
/// once and flushes once.
final class HTTP2Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase { case open, closing, closed }

    private let session: HTTP2Session
    private let streams: any HTTP2Streams
    private let logger: Logger
    private var watch: ConnectionWatch
    private var floods: FloodGuard
    private var phase = Phase.open
    private var reason: RPCError?
    private var output = OutboundBytes()
    /// Those last delivered, for the sake of their memory.
    private var events: [HTTP2Event] = []
    private var isSettling = false
    private var context: ChannelHandlerContext?
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?
    private var ticks: Scheduled<Void>?
    private var vigil: LoopVigil?

    /// How long a peer has to read our GOAWAY and hang up before we do.
    private static let linger = TimeAmount.milliseconds(250)

    init(session: HTTP2Session, streams: any HTTP2Streams, logger: Logger) {
        self.session = session
        self.streams = streams
        self.logger = logger
        watch = ConnectionWatch(session.side, limits: session.limits, now: .now())
        floods = FloodGuard(limits: session.limits, now: .now())
    }

    /// Runs commands that came from outside the event loop, then sends what they made.
    func perform(_ work: () -> Void) {
        work()
        settle()
    }

    // MARK: channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
    }

    private func start(_ context: ChannelHandlerContext) {
        guard ticks == nil, phase == .open else { return }
        scheduleTick(context)
        keepVigil(context)
        settle()
    }

    private func keepVigil(_ context: ChannelHandlerContext) {
        guard session.limits.vigil > .zero else { return }
        let vigil = LoopVigil.of(context.eventLoop)
        try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            vigil.add(ObjectIdentifier(self), socket: socket)
            self.vigil = vigil
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }        // what a peer says after the end is not heard
        let now = NIODeadline.now()
        watch.heard(at: now)
        do {
            try session.receive(unwrapInboundIn(data), at: now)
        } catch {
            deliver(at: now)        // what was said before the fault counts
            let isTooMuch = error.connectionCode == HTTP2Code.enhanceYourCalm
            giveUp(RPCError(isTooMuch ? .resourceExhausted : .protocolError, "\(error)"), code: error.connectionCode)
            return
        }
        deliver(at: now)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            watch.sent(at: .now())
            settle()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = reason ?? RPCError(.unavailable, "the connection broke: \(error)")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func end() {
        guard phase != .closed else { return }
        tellStreams(RPCError(.unavailable, "the peer closed the connection"))
        phase = .closed
        timer?.task.cancel()
        timer = nil
        ticks?.cancel()
        ticks = nil
        vigil?.remove(ObjectIdentifier(self))
        vigil = nil
        context = nil
    }

    private func tellStreams(_ fallback: RPCError) {
        guard phase == .open else { return }
        streams.connectionClosed(reason ?? fallback)
    }

    // MARK: events in, bytes out

    private func deliver(at now: NIODeadline) {
        let events = session.takeEvents(reusing: exchange(&self.events, with: []))
        defer { self.events = events }
        for event in events {
            switch event {
            case .settings: watch.heardSettings()
            case .settingsAcknowledged: watch.heardAcknowledgement()
            default: break
            }
            if let complaint = floods.complaint(about: event, at: now) {
                giveUp(RPCError(.resourceExhausted, complaint), code: HTTP2Code.enhanceYourCalm)
                return
            }
            streams.received(event, at: now)
        }
    }

    /// Sends what there is to send, as far as the socket takes it; sets the timer; closes what is over.
    private func settle() {
        guard !isSettling, phase == .open else { return }
        isSettling = true
        defer { isSettling = false }
        do {
            var hasEvents = false
            repeat {
                try send()
                hasEvents = session.hasEvents
                if hasEvents { deliver(at: .now()) }
            } while hasEvents && phase == .open
        } catch {
            reason = reason ?? RPCError(.internalError, "\(error)")
            context?.close(promise: nil)
            return
        }
        guard phase == .open else { return }
        setTimer()
        if let last = streams.lastMessage { vigil?.extend(until: last + session.limits.vigil) }
        if session.isFinished {
            closeAfterSending(RPCError(.protocolError, session.complaint ?? "HTTP/2 ended"))
        } else if streams.isDone {
            closeAfterSending(RPCError(.unavailable, "the connection was closed in good order"))
        }
    }

    private func send() throws(HTTP2Error) {
        while let context, context.channel.isWritable {
            let mayHaveMore = try session.drain(into: &output, limit: session.limits.unsentBytesMax)
            guard output.count > 0 else { return }
            output.take { context.write(wrapOutboundOut($0), promise: nil) }
            watch.sent(at: .now())
            context.flush()
            if !mayHaveMore { return }
        }
    }

    // MARK: time

    private func setTimer() {
        guard let context, let next = streams.nextDeadline else { return }
        if let timer, timer.at <= next { return }        // it fires early enough, and is then set anew
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] () -> Void in
            self?.timerFired()
        }
        timer = (next, task)
    }

    private func timerFired() {
        timer = nil
        perform { streams.timePassed(to: .now()) }
    }

    private func scheduleTick(_ context: ChannelHandlerContext) {
        ticks = context.eventLoop.assumeIsolated().scheduleTask(in: watch.tickInterval) { [weak self] in
            guard let self, phase == .open else { return }
            tick()
            if let context = self.context { scheduleTick(context) }
        }
    }

    private func tick() {
        let now = NIODeadline.now()
        streams.timePassed(to: now)
        switch watch.tick(at: now, owesBodies: !session.bodies.isEmpty) {
        case .none: break
        case .ping: session.ping()
        case .giveUp(let complaint):
            giveUp(RPCError(.unavailable, complaint), code: HTTP2Code.noError)
            return
        }
        settle()
    }

    // MARK: ending

    /// The peer broke a rule or a limit: says so in a GOAWAY and closes.
    private func giveUp(_ error: RPCError, code: UInt32) {
        guard phase == .open else { return }
        reason = error
        logger.info("gave up an HTTP/2 connection", metadata: ["reason": "\(error)"])
        session.terminate(code: code)
        try? send()        // whatever still can be said; the connection is closed either way
        closeAfterSending(error)
    }

    private func closeAfterSending(_ error: RPCError) {
        guard phase == .open, let context else { return }
        tellStreams(error)
        phase = .closing
        let channel = context.channel
        // A client hangs up at once. A server waits for that, since closing with unread bytes could cost the peer our
        // last words.
        let linger = session.side == .server ? Self.linger : .zero
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: linger) { channel.close(promise: nil) }
        }
        context.eventLoop.scheduleTask(in: session.limits.handshakeTimeout) { channel.close(promise: nil) }
    }
}
