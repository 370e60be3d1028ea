import NIOCore
import NIOPosix
import Transport

/// A TCP server that reads one request's head and then sends fixed pieces, with a pause before each, over a real socket.
enum ScriptedServer {
    struct Script: Sendable {
        var pieces: [String]
        var pause = Duration.zero
        /// Whether it closes the connection after the last piece.
        var closes = true
    }

    /// - Returns: what `body` makes of the server's address.
    static func run<Result: Sendable>(_ script: Script, _ body: @Sendable (Address) async throws -> Result) async throws -> Result {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
            }
        let port = server.channel.localAddress?.port ?? 0
        return try await server.executeThenClose { clients in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for try await client in clients { try? await answer(client, script) }
                }
                defer { tasks.cancelAll() }
                return try await body(.tcp(host: "127.0.0.1", port: port))
            }
        }
    }

    private static func answer(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ script: Script) async throws {
        try await client.executeThenClose { inbound, outbound in
            var head = ""
            for try await piece in inbound {
                head += String(buffer: piece)
                if head.contains("\r\n\r\n") { break }
            }
            for piece in script.pieces {
                try await Task.sleep(for: script.pause)
                try await outbound.write(ByteBuffer(string: piece))
            }
            if !script.closes { try await Task.sleep(for: .seconds(30)) }
        }
    }
}
