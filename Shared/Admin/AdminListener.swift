internal import NIOCore
internal import Probing

/// In the pipeline of the admin server's listening socket: where the process has no file descriptor for one more
/// connection, an orchestrator's probe gets in all the same.
///
/// A descriptor is kept in reserve, which the probe gets. Where that is in use too, one of the server's own connections
/// gives way, and accepting waits for a moment.
final class AdminListener: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private static let pauseTime = TimeAmount.milliseconds(20)

    private let connections: AdminConnections
    private var reserve = SpareDescriptor()
    private let pause = ListenerPause()

    init(_ connections: AdminConnections) { self.connections = connections }

    func read(context: ChannelHandlerContext) {
        if !pause.holdsRead() { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        switch AcceptFailure(code: error.errnoCode) {
        case .noDescriptor:
            if !reserve.release() { connections.evictOne() }
            beginPause(context)
        case .noMemory: beginPause(context)
        case .clientGone: break
        case nil: context.fireErrorCaught(error)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What it frees is the reserve again, before others take it.
        Self.unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            if context.channel.isActive { self.reserve.take() }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !pause.isOn { reserve.take() }
        context.fireChannelReadComplete()
    }

    func handlerRemoved(context: ChannelHandlerContext) { _ = reserve.release() }

    private func beginPause(_ context: ChannelHandlerContext) {
        if !pause.isOn { pause.begin(context, for: Self.pauseTime, read: read) }
    }
}
