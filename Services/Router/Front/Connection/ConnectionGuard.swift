internal import NIOCore

/// Nearest to the socket: tells when the client hangs up, and gives a connection up whose client takes too long (see
/// `ConnectionLife`).
///
/// Stays on its channel's event loop, as does `RequestRulesHandler`, which tells it where requests and answers begin
/// and end.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let connection: FrontConnection
    private let limits: ConnectionLife.Limits
    private lazy var life = ConnectionLife(limits, now: .now())
    private var context: ChannelHandlerContext?
    private var timer: (Scheduled<Void>, at: NIODeadline)?
    /// Bytes written so far, taken by the socket or not.
    private var written = 0
    /// Counts the parts of requests that came out of the bytes.
    private var parts = 0
    private var framing = FramingShare()
    /// The server stops: the connection ends with the answer that is under way.
    private(set) var isQuiescing = false
    private var isLeaving = false

    init(_ connection: FrontConnection, limits: ConnectionLife.Limits) {
        self.connection = connection
        self.limits = limits
    }

    // MARK: told by the handler of requests

    func headRead() {
        parts += 1
        framing = FramingShare()
        life.headRead(now: .now())
        connection.noteBusy(since: .now())
    }

    func bodyRead(_ count: Int) {
        parts += 1
        framing.content += count
        life.bodyRead(count)
    }

    func requestRead() {
        parts += 1
        life.requestRead(now: .now())
        connection.noteRequestRead()
        noteQuiet()
    }

    func answered() {
        life.answered(now: .now())
        noteQuiet()
    }

    /// Ends the connection after its last answer was written: the client first gets time to read it, since closing with
    /// unread bytes would throw the answer away.
    func leave() {
        guard !isLeaving, let context else { return }
        isLeaving = true
        context.close(mode: .output, promise: nil)
        timer?.0.cancel()
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.farewell) { context.close(promise: nil) }
    }
    private static let farewell = TimeAmount.seconds(1)

    private func noteQuiet() {
        if life.isQuiet { connection.noteQuiet(since: life.quietSince) }
        arm()
    }

    // MARK: in

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.noteQuiet(since: life.quietSince)
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        connection.watch.hangUp()
        end()
        context.fireChannelInactive()
    }

    private func end() {
        timer?.0.cancel()
        timer = nil
        context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        let partsBefore = parts
        if life.isReadingBody { framing.wire += bytes.readableBytes }
        context.fireChannelRead(data)
        if life.isReadingBody, framing.isWasteful { context.fireErrorCaught(RequestFault.wastefulChunks) }
        // Line ends between requests are no beginning (RFC 9112, section 2.2).
        if parts == partsBefore, !life.isReadingBody, bytes.readableBytesView.contains(where: { $0 != 13 && $0 != 10 })
        {
            life.headBegan(now: .now())
            arm()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        life.paused(now: .now())
        context.fireChannelReadComplete()
        check()        // a body that is thrown away may have become too long
    }

    func read(context: ChannelHandlerContext) {
        life.resumed(now: .now())
        arm()
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            connection.watch.hangUp()
            if isLeaving { context.close(promise: nil) }
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if life.unanswered == 0 { context.close(promise: nil) }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += Self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        look()
        if life.hasUnwrittenBytes { arm() }
    }

    /// Asks how many bytes wait for the socket.
    private func look() {
        guard let context, let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes) else {
            return
        }
        life.wrote(taken: written - waiting, waiting: waiting > 0, now: .now())
        connection.noteUnread(since: life.unreadSince)
    }

    // MARK: time

    /// Sees to it that the connection is looked at in time; a timer that fires too early does no harm.
    private func arm() {
        guard let context, !isLeaving else { return }
        var due = life.deadline
        if life.hasUnwrittenBytes { due = min(due, .now() + .nanoseconds(limits.stall.nanoseconds / 4)) }
        guard due != .distantFuture, timer.map({ $0.at > due }) ?? true else { return }
        timer?.0.cancel()
        timer = (context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.timeCame() }, at: due)
    }

    private func timeCame() {
        timer = nil
        if life.hasUnwrittenBytes { look() }
        check()
        arm()
    }

    private func check() {
        guard let context, !isLeaving else { return }
        switch life.check(now: .now()) {
        case nil: break
        case .idle, .endlessBody: context.close(promise: nil)
        case .stalled:
            connection.noteStalled()
            context.close(promise: nil)
        case .slowHead: context.fireErrorCaught(RequestFault.slowHead)
        case .slowBody: context.fireErrorCaught(RequestFault.slowBody)
        }
    }
}

/// How much of a chunked body is content: chunk headers with long extensions are sent only to make work.
struct FramingShare {
    /// Bytes since the request's head, as they came, and those of them that are content.
    var wire = 0, content = 0

    /// The smallest chunks have five bytes of framing for each byte of content.
    var isWasteful: Bool { wire - content > 64 << 10 + 16 * content }
}
