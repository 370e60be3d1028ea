import NIOCore
import NIOPosix
import Synchronization
import Transport

/// A TCP server that reads one request's head and then sends fixed pieces, with a pause before each, over a real
/// socket.
enum ScriptedServer {
    struct Script: Sendable {
        var pieces: [String]
        var pause = Duration.zero
        /// Whether it closes the connection after the last piece.
        var closes = true
    }

    /// - Returns: what `body` makes of the server's address.
    static func run<Result: Sendable>(
        _ script: Script, _ body: @Sendable (Address) async throws -> Result
    ) async throws -> Result {
        let clients = Mutex<[any Channel]>([])
        // No NIOAsyncChannel: one that arrives while its server is cancelled ends the process.
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                clients.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer {
            server.close(promise: nil)
            for client in clients.withLock({ $0 }) { client.close(promise: nil) }
        }
        return try await body(.tcp(host: "127.0.0.1", port: server.localAddress?.port ?? 0))
    }
}

/// One client's: waits for the end of a request's head, then plays the script.
private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: ScriptedServer.Script
    private var head = ""
    private var hasBegun = false

    init(_ script: ScriptedServer.Script) { self.script = script }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        head += String(buffer: unwrapInboundIn(data))
        guard !hasBegun, head.contains("\r\n\r\n") else { return }
        hasBegun = true
        play(script.pieces[...], context)
    }

    private func play(_ pieces: ArraySlice<String>, _ context: ChannelHandlerContext) {
        guard let piece = pieces.first else {
            if script.closes { context.close(promise: nil) }
            return
        }
        let pause = TimeAmount.nanoseconds(Int64(script.pause / .nanoseconds(1)))
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: piece)), promise: nil)
            self.play(pieces.dropFirst(), context)
        }
    }
}
