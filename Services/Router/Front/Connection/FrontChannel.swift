internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// How the front serves one connection: HTTP/1.1 and 1.0 from bytes to requests, in the order of the handlers below.
struct FrontChannel: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let http: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let connection: FrontConnection
        var channel: any Channel { http.channel }
    }

    let responder: Responder
    let limits: ConnectionLife.Limits
    let bodyBytesMax: Int
    let table: ConnectionTable

    init(responder: @escaping Responder, limits: ConnectionLife.Limits, bodyBytesMax: Int, table: ConnectionTable) {
        self.responder = { request, writer, channel in
            // Requests may wait here behind a connection that was closed: nobody would read their answers.
            guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
            try await responder(request, writer, channel)
        }
        self.limits = limits
        self.bodyBytesMax = bodyBytesMax
        self.table = table
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let connection = FrontConnection(channel)
            table.add(connection)
            let guardian = ConnectionGuard(connection, limits: limits)
            let decoder = Self.decoder(), feeder = CompressedBodyFeeder(bodyBytesMax: bodyBytesMax)
            try channel.pipeline.syncOperations.addHandlers([
                guardian, HTTP2Decliner(), HTTPResponseEncoder(), decoder,
                UpgradeDecliner(decoder, makeDecoder: Self.decoder),
                RequestRulesHandler(connection, guardian: guardian),
                feeder, NIOHTTPRequestDecompressor(limit: .size(bodyBytesMax)), GrowthLimit(feeder),
                HTTP1ToHTTPServerCodec(secure: false),
            ])
            let http = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            return Value(http: http, connection: connection)
        }
    }

    private static func decoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 80 << 10
        limits.maxHeaderListSize = 80 << 10
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
    }

    func handle(value: Value, logger: Logger) async {
        await FrontConnection.$current.withValue(value.connection) {
            await handleHTTP(asyncChannel: value.http, logger: logger)
        }
    }
}
