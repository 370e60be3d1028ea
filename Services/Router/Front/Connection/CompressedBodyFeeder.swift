internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression

/// Gives compressed bodies to the decompressor in small pieces, each only when more is asked for.
///
/// A piece can grow a thousandfold; the whole of what was received would be decompressed at once, whether or not
/// anybody has room for it. What comes is bounded by the same limit as what it becomes: a compressed body of nothing
/// could go on for ever.
final class CompressedBodyFeeder: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private static let pieceBytesMax = 512
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private let bodyBytesMax: Int
    private var isCompressed = false
    /// Of the body that is being read.
    private(set) var growth = Growth()
    private var hasEnded = false

    init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

    /// How much a compressed body has grown.
    struct Growth {
        /// Bytes as they came, and what they became.
        var compressed = 0, inflated = 0

        /// Text that people or programs write grows tenfold, at most some dozen times; what is far beyond was made to
        /// make work.
        static let ratioMax = 100
        /// Small bodies may grow as they like.
        static let freeBytes = 256 << 10

        var isExcessive: Bool { inflated > Self.freeBytes + Self.ratioMax * compressed }
    }

    /// Throws away what there is and what comes.
    func end() {
        hasEnded = true
        waiting.removeAll()
    }

    func inflated(_ count: Int) { growth.inflated += count }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        var part = Self.unwrapInboundIn(data)
        if case .head(var head) = part {
            let compression = RequestRules.compression(head)
            isCompressed = compression != nil
            if let compression { head.headers.replaceOrAdd(name: "content-encoding", value: compression) }
            part = .head(head)
        }
        if isCompressed || !waiting.isEmpty {
            waiting.append(part)
        } else {
            context.fireChannelRead(Self.wrapInboundOut(part))
        }
    }

    func read(context: ChannelHandlerContext) {
        guard let part = nextPiece() else { return context.read() }
        guard growth.compressed <= bodyBytesMax else {
            end()
            return context.fireErrorCaught(NIOHTTPDecompression.DecompressionError.limit)
        }
        context.fireChannelRead(Self.wrapInboundOut(part))
        context.fireChannelReadComplete()
        // Asked from the far end of the pipeline: whoever has enough for now holds it back.
        context.eventLoop.assumeIsolated().execute { context.pipeline.syncOperations.read() }
    }

    private func nextPiece() -> HTTPServerRequestPart? {
        guard let part = waiting.popFirst() else { return nil }
        switch part {
        case .head: growth = Growth()
        case .end: break
        case .body(var bytes):
            growth.compressed += min(bytes.readableBytes, Self.pieceBytesMax)
            guard bytes.readableBytes > Self.pieceBytesMax, let piece = bytes.readSlice(length: Self.pieceBytesMax)
            else { break }
            waiting.prepend(.body(bytes))
            return .body(piece)
        }
        return part
    }
}

/// Behind the decompressor: ends a body that grows beyond all measure, before more work goes into it.
final class GrowthLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let feeder: CompressedBodyFeeder
    private var isCompressed = false

    init(_ feeder: CompressedBodyFeeder) { self.feeder = feeder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): isCompressed = RequestRules.compression(head) != nil
        case .body(let bytes) where isCompressed:
            feeder.inflated(bytes.readableBytes)
            guard !feeder.growth.isExcessive else {
                feeder.end()
                return context.fireErrorCaught(RequestFault.excessiveGrowth)
            }
        case .body, .end: break
        }
        context.fireChannelRead(data)
    }
}
