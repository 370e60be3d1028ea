internal import NIOCore
internal import NIOHTTP1

/// Goes on with HTTP/1.1 after a request that offers another protocol (RFC 9110, section 7.8): the JDK's client makes
/// such an offer with the first request of each connection, and means the connection to be used further.
///
/// NIO's decoder stops for good behind such a request, since what follows may be in the other protocol. A new one takes
/// its place.
final class UpgradeDecliner: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let makeDecoder: () -> ByteToMessageHandler<HTTPRequestDecoder>
    private var decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private var isOffered = false

    init(
        _ decoder: ByteToMessageHandler<HTTPRequestDecoder>,
        makeDecoder: @escaping () -> ByteToMessageHandler<HTTPRequestDecoder>
    ) {
        self.decoder = decoder
        self.makeDecoder = makeDecoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            isOffered =
                head.headers.contains(name: "upgrade")
                && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            context.fireChannelRead(data)
        case .body: context.fireChannelRead(data)
        case .end:
            context.fireChannelRead(data)
            if isOffered { replaceDecoder(context) }
        }
    }

    /// The old decoder hands what it has not read to the new one when it leaves.
    private func replaceDecoder(_ context: ChannelHandlerContext) {
        let (old, new) = (decoder, makeDecoder())
        do {
            try context.pipeline.syncOperations.addHandler(new, position: .after(old))
            decoder = new
            let left = context.eventLoop.makePromise(of: Void.self)
            context.pipeline.syncOperations.removeHandler(old, promise: left)
            // Requests that came in one packet with the offer are complete now.
            left.futureResult.assumeIsolated().whenSuccess { context.fireChannelReadComplete() }
        } catch {
            context.fireErrorCaught(error)        // the channel is closed
        }
    }
}
