package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Answers calls over HTTP/2 on one address.
///
/// `run` is the server's whole life: it binds, serves, and returns once `stopAccepting` was called and the last call
/// has been answered. Each connection is a child task of it, each call a child task of its connection; a call's task is
/// cancelled when its stream is reset, its connection closes or its deadline passes. Cancelling `run` drops everything
/// at once.
package final class RPCServer: Sendable {
    /// Returns the body of the answer to one call.
    ///
    /// - Throws: what the caller gets: an `RPCError` as it is, a `CancellationError` as `.cancelled`, any other
    ///   error as `.internalError`.
    package typealias Handler = @Sendable (RPCRequest) async throws -> ByteBuffer

    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: ServerConnection] = [:]
        var isStopping = false
        /// Of lines about connections that were refused or had to go.
        var lines = LineAllowance(burst: 16, interval: .seconds(10))
    }

    private let address: Address
    private let limits: RPCLimits
    private let group: any EventLoopGroup
    private let logger: Logger
    private let handler: Handler
    private let state = Mutex(State())
    private let bound: EventLoopPromise<Address>

    /// Makes a server that does not listen until `run` is called.
    package init(
        address: Address, limits: RPCLimits = .init(), group: any EventLoopGroup, logger: Logger,
        handler: @escaping Handler
    ) {
        self.address = address
        self.limits = limits
        self.group = group
        self.logger = logger
        self.handler = handler
        bound = group.any().makePromise()
    }

    deinit { bound.fail(RPCError(.unavailable, "the server on \(address) never ran")) }        // no effect if it did

    /// Where the server listens, as soon as it does; with the real port where 0 was asked for. Throws what binding
    /// threw.
    package var boundAddress: Address {
        get async throws { try await bound.futureResult.get() }
    }

    /// Connections that are open now.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Serves until stopped. Throws `ListenError` when the address cannot be had.
    package func run() async throws {
        let (arrivals, arriving) = AsyncStream<ServerConnection>.makeStream()
        let listener: Listener
        do {
            listener = try await Listener(address, bootstrap: bootstrap(arriving))
        } catch {
            bound.fail(error)
            throw error
        }
        listener.channel.closeFuture.whenComplete { _ in arriving.finish() }
        let isStopping = state.withLock { state in
            state.listener = listener.channel
            return state.isStopping
        }
        if isStopping { listener.channel.close(promise: nil) }
        bound.succeed(listener.address)
        logger.info("listening", metadata: ["address": "\(listener.address)"])

        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { tasks in
                for await connection in arrivals {
                    tasks.addTask(executorPreference: connection.executor) { await connection.serve(self.handler) }
                }
            }
        } onCancel: {
            closeEverything()
        }
        try? await listener.channel.closeFuture.get()
        logger.info("stopped listening", metadata: ["address": "\(listener.address)"])
    }

    /// Takes no new connections and no new calls; calls in flight finish, then `run` returns.
    package func stopAccepting() {
        let (listener, connections) = state.withLock { state in
            state.isStopping = true
            return (state.listener, Array(state.connections.values))
        }
        listener?.close(promise: nil)
        for connection in connections { connection.drain() }
    }

    private func closeEverything() {
        let (listener, connections) = state.withLock { state in
            state.isStopping = true
            return (state.listener, Array(state.connections.values))
        }
        listener?.close(promise: nil)
        for connection in connections { connection.channel.close(promise: nil) }
    }

    // MARK: connections

    private func bootstrap(_ arriving: AsyncStream<ServerConnection>.Continuation) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .transportOptions(limits.clamped, address)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel, arriving) }
            }
    }

    private func accept(_ channel: any Channel, _ arriving: AsyncStream<ServerConnection>.Continuation) throws {
        let peer =
            channel.remoteAddress.flatMap { $0.ipAddress.map { "\($0)" } }.map { host in
                Address.tcp(host: host, port: channel.remoteAddress?.port ?? 0).description
            } ?? "\(address)"
        let connection = try ServerConnection(on: channel, peer: peer, limits: limits, logger: logger)
        if let refusal = admit(connection) {
            tell("refused a connection", peer: peer, reason: refusal)
            throw RPCError(.resourceExhausted, refusal)
        }
        logger.debug("connection opened", metadata: ["peer": "\(peer)"])
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
        }
        arriving.yield(connection)
    }

    /// - Returns: why the connection cannot have a place; nil where it has one, if need be another's.
    private func admit(_ connection: ServerConnection) -> String? {
        let places = ConnectionPlaces(
            max: limits.connectionsMax, maxPerPeer: limits.connectionsPerPeerMax, peace: limits.connectionPeace)
        let (refusal, gone): (String?, (ServerConnection, hasServed: Bool)?) = state.withLock { state in
            if state.isStopping { return ("the server is stopping", nil) }
            let id = ObjectIdentifier(connection)
            guard state.connections.count >= min(limits.connectionsMax, limits.connectionsPerPeerMax) else {
                state.connections[id] = connection
                return (nil, nil)
            }
            let others = Array(state.connections)
            let uses = others.map { $0.value.activity.use(peer: $0.value.machine) }
            switch places.admission(of: connection.machine, at: .now(), among: uses) {
            case .refused(let reason): return (reason, nil)
            case .free:
                state.connections[id] = connection
                return (nil, nil)
            case .inPlaceOf(let index):
                state.connections[others[index].key] = nil
                state.connections[id] = connection
                return (nil, (others[index].value, uses[index].hasServed))
            }
        }
        if let gone {
            gone.0.giveWay(hasServed: gone.hasServed)
            tell(
                "closed an idle connection", peer: gone.0.machine ?? "\(address)",
                reason: "its place was needed for another")
        }
        return refusal
    }

    private func tell(_ what: Logger.Message, peer: String, reason: String) {
        guard let leftOut = state.withLock({ $0.lines.take() }) else { return }
        var line: Logger.Metadata = ["peer": "\(peer)", "reason": "\(reason)"]
        if leftOut > 0 { line["lines_left_out"] = "\(leftOut)" }
        logger.info(what, metadata: line)
    }
}
