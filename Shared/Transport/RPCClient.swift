package import Logging
package import NIOCore
import Synchronization

/// Calls a server at one address over one HTTP/2 connection, and keeps that connection alive.
///
/// `run` is the client's whole life: it connects, and connects again after a loss with growing, jittered pauses, until
/// its task is cancelled. `call` may be used from any task while it runs.
package final class RPCClient: Sendable {
    /// Where the connection stands.
    package enum Connection: Sendable, Equatable {
        /// The first attempt has not ended yet, or a connection that has made all its calls is being replaced.
        case connecting
        case connected
        /// The connection was lost, or the last attempt failed; another one follows.
        case disconnected(RPCError)
        /// `run` has ended.
        case stopped
    }

    /// What a call does when there is no connection.
    package enum WhenDisconnected: Sendable {
        /// Waits while the first attempt is still under way; fails at once with `.unavailable` after a failure.
        case failAfterFailure
        /// Waits for a connection until the call's own deadline.
        case wait
        /// Fails at once, even during the first attempt.
        case fail
    }

    private struct State {
        var connection = Connection.connecting
        var current: ClientConnection?
        /// Connections that are not closed yet: the current one, and retired ones whose last calls still run.
        var open: [ObjectIdentifier: ClientConnection] = [:]
        var watchers: [AsyncStream<Connection>.Continuation] = []
    }

    /// The server's address, which stays the same for the client's life.
    package let address: Address
    private let limits: RPCLimits
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    /// Makes a client that has no connection until `run` is called.
    package init(address: Address, limits: RPCLimits = .init(), group: any EventLoopGroup, logger: Logger) {
        self.address = address
        self.limits = limits
        self.group = group
        self.logger = logger
    }

    deinit { move(to: .stopped) }

    /// Where the connection stands at this moment; `stateChanges` also tells what follows.
    package var connection: Connection { state.withLock { $0.connection } }

    /// Whether there is a connection at this moment.
    package var isConnected: Bool { connection == .connected }

    /// The state now, then every change, in order. Ends after `.stopped`.
    package func stateChanges() -> AsyncStream<Connection> {
        let (stream, continuation) = AsyncStream<Connection>.makeStream()
        // No termination handler: it would run inside a cancellation, which holds a lock of the runtime that `yield`
        // takes too, and it would need our lock, inside which news is sent. Watchers that are gone are dropped when
        // news is next sent.
        let isStopped = state.withLock { state in
            continuation.yield(state.connection)
            if state.connection != .stopped { state.watchers.append(continuation) }
            return state.connection == .stopped
        }
        if isStopped { continuation.finish() }
        return stream
    }

    /// Connects and reconnects until cancelled; then fails the calls in flight with `.unavailable` and closes. Runs
    /// once.
    package func run() async throws {
        var backoff = Backoff()
        while !Task.isCancelled {
            do throws(RPCError) {
                let connection = try await ClientConnection.open(address, limits: limits, group: group, logger: logger)
                backoff.reset()
                let end = await use(connection)
                if end.isPlanned, !Task.isCancelled { continue }
                logger.info("connection lost", metadata: ["server": "\(address)", "reason": "\(end.reason)"])
            } catch {
                logger.debug("no connection", metadata: ["server": "\(address)", "reason": "\(error)"])
                move(to: .disconnected(error))
            }
            let delay = backoff.delay(jitter: .random(in: 0 ..< 1))
            try? await Task.sleep(for: .nanoseconds(delay.nanoseconds))        // a cancelled sleep ends the loop
        }
        move(to: .stopped)
        for connection in state.withLock({ Array($0.open.values) }) {
            connection.stop()
            try? await connection.channel.closeFuture.get()
        }
    }

    /// Makes one call and returns the answer's body.
    ///
    /// - Parameters:
    ///   - path: for example `/v1/experts/run`.
    ///   - timeout: for everything from here on, waiting for a connection included. The server learns what is left of
    ///     it.
    ///   - traceparent: W3C trace context; one that is not of its form is left out.
    /// - Throws: what the server's handler threw; `.deadlineExceeded`, `.cancelled` when this task is cancelled,
    ///   `.unavailable` when the server is not there or is lost during the call, `.protocolError` when its answer
    ///   breaks the rules.
    package func call(
        _ path: String, _ body: ByteBuffer, timeout: TimeAmount, traceparent: String? = nil,
        whenDisconnected: WhenDisconnected = .failAfterFailure
    ) async throws(RPCError) -> ByteBuffer {
        guard !Task.isCancelled else { throw RPCError(.cancelled, "the caller gave up") }
        let timeout = min(max(timeout, .zero), .milliseconds(RequestHead.timeoutMillisecondsMax))
        let deadline = NIODeadline.now() + timeout
        while true {
            let connection =
                if let current = state.withLock({ $0.current }) {
                    current
                } else {
                    try await nextConnection(before: deadline, whenDisconnected)
                }
            if let result = await connection.call(
                path, body, deadline: deadline, timeout: timeout, traceparent: traceparent)
            {
                return try result.get()
            }
            // That connection has just made the last of its calls, and is no longer `current`.
        }
    }

    // MARK: the connection

    private func use(_ connection: ClientConnection) async -> Retirement {
        let id = ObjectIdentifier(connection)
        state.withLock { $0.open[id] = connection }
        connection.channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { _ = $0.open.removeValue(forKey: id) }
        }
        move(to: .connected, connection)
        // The news is passed on where it arises, so watchers and callers hear of a loss without waiting for this task.
        connection.retired.whenSuccess { [weak self] end in
            self?.move(to: end.isPlanned ? .connecting : .disconnected(end.reason))
        }
        return await withTaskCancellationHandler {
            (try? await connection.retired.get())
                ?? Retirement(reason: RPCError(.unavailable, "lost \(address)"), isPlanned: false)
        } onCancel: {
            connection.stop()
        }
    }

    private func move(to next: Connection, _ current: ClientConnection? = nil) {
        let done = state.withLock { state -> [AsyncStream<Connection>.Continuation] in
            guard state.connection != .stopped else { return [] }
            state.current = current
            guard state.connection != next else { return [] }
            state.connection = next
            // Inside the lock, so that news stays in order.
            state.watchers.removeAll { if case .terminated = $0.yield(next) { true } else { false } }
            guard next == .stopped else { return [] }
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in done { watcher.finish() }
    }

    private func nextConnection(
        before deadline: NIODeadline, _ policy: WhenDisconnected
    ) async throws(RPCError) -> ClientConnection {
        let result = await withTaskGroup(of: Result<ClientConnection, RPCError>.self) { tasks in
            tasks.addTask { await self.nextConnection(policy) }
            tasks.addTask {
                try? await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds))
                return .failure(RPCError(.deadlineExceeded, "no connection to \(self.address) came in time"))
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? .failure(RPCError(.cancelled, "the caller gave up"))
        }
        guard !Task.isCancelled else { throw RPCError(.cancelled, "the caller gave up") }
        return try result.get()
    }

    private func nextConnection(_ policy: WhenDisconnected) async -> Result<ClientConnection, RPCError> {
        for await connection in stateChanges() {
            switch connection {
            case .connected:
                if let current = state.withLock({ $0.current }) { return .success(current) }
            case .connecting:
                if policy == .fail { return .failure(RPCError(.unavailable, "not connected to \(address) yet")) }
            case .disconnected(let reason):
                if policy != .wait { return .failure(RPCError(.unavailable, reason.message)) }
            case .stopped:
                return .failure(RPCError(.unavailable, "the client of \(address) has stopped"))
            }
        }
        return .failure(RPCError(.cancelled, "the caller gave up"))
    }
}
