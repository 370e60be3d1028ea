internal import NIOCore

/// Before the HTTP/1 codec: answers who begins with HTTP/2 (see `HTTP2Refusal`), and leaves the pipeline where somebody
/// begins with anything else. `ConnectionGuard` closes the connection of a client that stays, since no request comes.
final class HTTP2Decliner: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = IOData

    private var refusal = HTTP2Refusal()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch refusal.receive(Self.unwrapInboundIn(data).readableBytesView) {
        case .undecided: break
        case .otherProtocol(let before):
            if !before.isEmpty { context.fireChannelRead(Self.wrapInboundOut(ByteBuffer(bytes: before))) }
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        case .send(let bytes):
            guard !bytes.isEmpty else { break }
            context.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        }
    }
}
