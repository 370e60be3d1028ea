internal import NIOCore

/// Closes a connection that takes longer than its limits, with an error that says which.
final class TimeLimitHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    enum Expired: Error, CustomStringConvertible {
        case total(Duration), silence(Duration)
        var description: String {
            switch self {
            case .total(let limit): "no complete answer within \(limit)"
            case .silence(let limit): "nothing came for \(limit)"
            }
        }
    }

    private let limits: RESTClient.Limits
    private var total: Scheduled<Void>?
    private var silence: Scheduled<Void>?

    init(_ limits: RESTClient.Limits) { self.limits = limits }

    func channelActive(context: ChannelHandlerContext) {
        total = limits.total.map { expire(context, after: $0, .total($0)) }
        restartSilence(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        restartSilence(context)
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        total?.cancel()
        silence?.cancel()
        context.fireChannelInactive()
    }

    private func restartSilence(_ context: ChannelHandlerContext) {
        silence?.cancel()
        silence = limits.silence.map { expire(context, after: $0, .silence($0)) }
    }

    private func expire(
        _ context: ChannelHandlerContext, after limit: Duration, _ error: Expired
    ) -> Scheduled<Void> {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        return context.value.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            context.value.fireErrorCaught(error)
            context.value.close(promise: nil)
        }
    }
}
