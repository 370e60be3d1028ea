import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One connection to a server, as callers' tasks see it. It lives once: after `retired` it takes no calls, and another
/// takes its place.
final class ClientConnection: Sendable {
    private enum Command: Sendable {
        case start(PendingCall)
        case cancel(PendingCall.Cancellation)
        case stop
    }

    let channel: any Channel
    /// The server's SETTINGS have come.
    let ready: EventLoopFuture<Void>
    /// The connection takes no new calls; those in flight may still finish, unless it is lost.
    let retired: EventLoopFuture<Retirement>
    private let commands: Mailbox<Command>

    /// Puts HTTP/2 on a fresh channel. Call it on the channel's event loop.
    init(on channel: any Channel, server: Address, limits: RPCLimits, logger: Logger) throws {
        let session = try HTTP2Session(.client, limits: limits)
        let ready = channel.eventLoop.makePromise(of: Void.self)
        let retired = channel.eventLoop.makePromise(of: Retirement.self)
        let streams = ClientStreams(session: session, server: server, ready: ready, retired: retired, logger: logger)
        let handler = HTTP2Handler(session: session, streams: streams, logger: logger)
        self.channel = channel
        self.ready = ready.futureResult
        self.retired = retired.futureResult
        commands = Mailbox(on: channel.eventLoop) { commands in
            handler.perform {
                for command in commands {
                    switch command {
                    case .start(let call): streams.start(call)
                    case .cancel(let cancellation): streams.cancel(cancellation)
                    case .stop: streams.stop()
                    }
                }
            }
        }
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            streams.connectionClosed(RPCError(.unavailable, "\(error)"))
            throw error
        }
    }

    /// Connects and waits until the server has shown that it speaks HTTP/2. Cancelling closes the socket at once.
    static func open(
        _ server: Address, limits: RPCLimits, group: any EventLoopGroup, logger: Logger
    ) async throws(RPCError) -> ClientConnection {
        // A name may have several addresses; each is tried on a channel of its own.
        let attempts = Mutex<[ClientConnection]>([])
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(limits.handshakeTimeout)
            .transportOptions(limits.clamped, server)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try ClientConnection(on: channel, server: server, limits: limits, logger: logger)
                    attempts.withLock { $0.append(connection) }
                }
            }
        do {
            let connecting =
                switch server {
                case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
                case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
                }
            return try await withTaskCancellationHandler {
                let channel = try await connecting.get()
                guard let connection = attempts.withLock({ $0.first { $0.channel === channel } }), !Task.isCancelled
                else {
                    channel.close(promise: nil)
                    throw CancellationError()
                }
                try await connection.ready.get()
                return connection
            } onCancel: {
                for attempt in attempts.withLock({ $0 }) { attempt.channel.close(promise: nil) }
            }
        } catch let error as RPCError {
            throw error
        } catch {
            throw RPCError(.unavailable, "cannot connect to \(server): \(error)")
        }
    }

    /// Makes one call; one hop to the event loop, one back. Returns nil when the connection is being replaced and did
    /// not take it.
    func call(
        _ path: String, _ body: ByteBuffer, deadline: NIODeadline, timeout: TimeAmount, traceparent: String?
    ) async -> Result<ByteBuffer, RPCError>? {
        let cancellation = PendingCall.Cancellation()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                commands.deliver(
                    .start(
                        PendingCall(
                            path: path, body: body, deadline: deadline, timeout: timeout, traceparent: traceparent,
                            cancellation: cancellation, continuation: continuation)))
            }
        } onCancel: {
            cancellation.set()
            commands.post(.cancel(cancellation))
        }
    }

    /// Fails what is in flight and closes.
    func stop() {
        commands.post(.stop)
    }
}
