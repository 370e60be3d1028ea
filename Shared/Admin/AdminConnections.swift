internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Transport

/// Where one connection to the admin server stands.
struct AdminConnectionState: Equatable {
    enum Phase { case waiting, reading, answering }

    /// From a connection's opening to the end of its first request, and from a later request's head to its end.
    static let requestTime = TimeAmount.seconds(5)
    /// From an answer to the next request's head; and for an answer.
    static let idleTime = TimeAmount.seconds(30)

    private(set) var phase = Phase.waiting
    private(set) var hasServed = false
    private var isRequestWhole = false, isAnswerWhole = false
    private var since: NIODeadline

    init(openedAt now: NIODeadline) { since = now }

    mutating func head(at now: NIODeadline) {
        (phase, isRequestWhole, isAnswerWhole) = (.reading, false, false)
        if hasServed { since = now }
    }

    mutating func requestEnd(at now: NIODeadline) {
        isRequestWhole = true
        (phase, since) = (.answering, now)
        finish(at: now)
    }

    mutating func answerEnd(at now: NIODeadline) {
        isAnswerWhole = true
        finish(at: now)
    }

    /// An answer may be whole before its request is.
    private mutating func finish(at now: NIODeadline) {
        guard isRequestWhole, isAnswerWhole else { return }
        (phase, since, hasServed) = (.waiting, now, true)
    }

    /// When the connection is closed, if nothing changes.
    var deadline: NIODeadline {
        switch phase {
        case .waiting: since + (hasServed ? Self.idleTime : Self.requestTime)
        case .reading: since + Self.requestTime
        case .answering: since + Self.idleTime
        }
    }

    /// A request that is not whole does not count as work: whoever sends it slowly gives way first.
    var use: ConnectionPlaces.Use {
        ConnectionPlaces.Use(peer: nil, isBusy: phase == .answering, hasServed: hasServed, since: since)
    }
}

/// All connections to the admin server. A newcomer always gets in, so that slow connections cannot keep an
/// orchestrator's probes out.
final class AdminConnections: Sendable {
    private struct Entry {
        let channel: any Channel
        var state: AdminConnectionState
    }

    private let places: ConnectionPlaces
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(max: Int) { places = ConnectionPlaces(max: max, maxPerPeer: max, peace: .zero, evictsBusy: true) }

    func add(_ channel: any Channel, _ state: AdminConnectionState) {
        let gone: (any Channel)? = entries.withLock { entries in
            defer { entries[ObjectIdentifier(channel)] = Entry(channel: channel, state: state) }
            let others = Array(entries)
            guard
                case .inPlaceOf(let index) = places.admission(of: nil, at: .now(), among: others.map(\.value.state.use))
            else { return nil }
            return entries.removeValue(forKey: others[index].key)?.channel
        }
        gone?.close(promise: nil)
    }

    /// Closes the connection that gives way first.
    func evictOne() {
        let gone: (any Channel)? = entries.withLock { entries in
            let others = Array(entries)
            let full = ConnectionPlaces(max: others.count, maxPerPeer: others.count + 1, peace: .zero, evictsBusy: true)
            guard case .inPlaceOf(let index) = full.admission(of: nil, at: .now(), among: others.map(\.value.state.use))
            else { return nil }
            return entries.removeValue(forKey: others[index].key)?.channel
        }
        gone?.close(promise: nil)
    }

    func update(_ channel: any Channel, _ state: AdminConnectionState) {
        entries.withLock { $0[ObjectIdentifier(channel)]?.state = state }
    }

    func remove(_ channel: any Channel) {
        entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}

/// Tells `AdminConnections` what its connection is doing, and closes it when its time is up. Stays on its channel's
/// event loop.
final class AdminConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connections: AdminConnections
    private var state = AdminConnectionState(openedAt: .now())
    private var timer: Scheduled<Void>?

    init(_ connections: AdminConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.add(context.channel, state)
        setTimer(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        connections.remove(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: change(context) { $0.head(at: .now()) }
        case .end: change(context) { $0.requestEnd(at: .now()) }
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { change(context) { $0.answerEnd(at: .now()) } }
        context.write(data, promise: promise)
    }

    private func change(_ context: ChannelHandlerContext, _ event: (inout AdminConnectionState) -> Void) {
        event(&state)
        connections.update(context.channel, state)
        setTimer(context)
    }

    private func setTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: state.deadline) {
            context.close(promise: nil)
        }
    }
}

/// Stands where a server puts its own handlers, behind everything that reads HTTP, and puts `AdminConnectionHandler`
/// right behind the decoder.
final class AdminConnectionSetup: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: AdminConnections

    init(_ connections: AdminConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(AdminConnectionHandler(connections), position: .after(decoder))
        } catch {
            context.close(promise: nil)
        }
    }
}
