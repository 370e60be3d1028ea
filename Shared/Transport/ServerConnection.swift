import Logging
import NIOCore

/// One client's connection, as the server's tasks see it: a sequence of calls, and a way to answer them.
final class ServerConnection: Sendable {
    private enum Command: Sendable {
        case answer(ServerStreams.Outcome)
        case drain
    }

    let channel: any Channel
    /// The peer's machine; nil on a Unix socket, where all peers are this one.
    let machine: String?
    let activity = ConnectionActivity()
    /// Of the channel's event loop: on it a call reaches its handler, and an answer the socket, without waking a
    /// thread.
    let executor: EventLoopExecutor
    private let calls: NIOLoopBound<CallQueue>
    private let commands: Mailbox<Command>

    /// Puts HTTP/2 on a fresh channel. Call it on the channel's event loop.
    init(on channel: any Channel, peer: String, limits: RPCLimits, logger: Logger) throws {
        let calls = NIOLoopBound(CallQueue(), eventLoop: channel.eventLoop)
        let session = try HTTP2Session(.server, limits: limits)
        let streams = ServerStreams(
            session: session, peer: peer, incoming: calls.value, activity: activity, logger: logger)
        let handler = HTTP2Handler(session: session, streams: streams, logger: logger)
        self.channel = channel
        machine = channel.remoteAddress?.ipAddress
        executor = EventLoopExecutor(channel.eventLoop)
        self.calls = calls
        commands = Mailbox(on: channel.eventLoop) { commands in
            handler.perform {
                for command in commands {
                    switch command {
                    case .answer(let outcome): streams.finished(outcome)
                    case .drain: streams.drain()
                    }
                }
            }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Takes no new calls; those in flight finish, then the connection closes.
    func drain() {
        commands.post(.drain)
    }

    /// Makes room for another connection; there is nothing to finish.
    func giveWay(hasServed: Bool) {
        if hasServed { drain() } else { channel.close(promise: nil) }
    }

    /// Runs every call as a child task until the connection is closed and the last of them has returned. Call it in a
    /// task that prefers `executor`.
    func serve(_ handler: @escaping @Sendable (RPCRequest) async throws -> ByteBuffer) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let call = await calls.value.next() {
                    group.addImmediateTask {
                        let result = await call.task.run { await Self.result(of: call.request, handler) }
                        self.commands.deliver(.answer(.init(stream: call.stream, result: result)))
                    }
                }
            }
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func result(
        of request: RPCRequest, _ handler: @Sendable (RPCRequest) async throws -> ByteBuffer
    ) async -> Result<ByteBuffer, RPCError> {
        do {
            return .success(try await handler(request))
        } catch let error as RPCError {
            return .failure(error)
        } catch is CancellationError {
            return .failure(RPCError(.cancelled, "the call was cancelled"))
        } catch {
            return .failure(RPCError(.internalError, "\(error)"))
        }
    }
}
