internal import NIOCore
internal import NIOHTTP1

/// Gives compressed bodies to the decompressor in small pieces, each only when more is asked for.
///
/// A piece can grow a thousandfold; the whole of what was received would be decompressed at once, whether or not anybody has
/// room for it.
final class CompressedBodyFeeder: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private static let pieceBytesMax = 512
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var isCompressed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = Self.unwrapInboundIn(data)
        if case .head(var head) = part {
            let compression = RequestRules.compression(head)
            isCompressed = compression != nil
            if let compression { head.headers.replaceOrAdd(name: "content-encoding", value: compression) }
            part = .head(head)
        }
        if isCompressed || !waiting.isEmpty { waiting.append(part) } else { context.fireChannelRead(Self.wrapInboundOut(part)) }
    }

    func read(context: ChannelHandlerContext) {
        guard let part = nextPiece() else { return context.read() }
        context.fireChannelRead(Self.wrapInboundOut(part))
        context.fireChannelReadComplete()
        // Asked from the far end of the pipeline: whoever has enough for now holds it back.
        context.eventLoop.assumeIsolated().execute { context.pipeline.syncOperations.read() }
    }

    private func nextPiece() -> HTTPServerRequestPart? {
        guard let part = waiting.popFirst() else { return nil }
        guard case .body(var bytes) = part, bytes.readableBytes > Self.pieceBytesMax, let piece = bytes.readSlice(length: Self.pieceBytesMax) else { return part }
        waiting.prepend(.body(bytes))
        return .body(piece)
    }
}
