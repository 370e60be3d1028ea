import NIOCore

/// Watches one connection's clock: is the peer still there, does it speak, does it take what we send?
struct ConnectionWatch {
    enum Action: Equatable { case none, ping, giveUp(String) }

    private let side: HTTP2Session.Side
    private let limits: RPCLimits
    private let openedAt: NIODeadline
    private var hasSettings = false
    private var hasAcknowledgement = false
    private var lastHeard: NIODeadline
    private var lastPing: NIODeadline
    private var lastSent: NIODeadline

    init(_ side: HTTP2Session.Side, limits: RPCLimits, now: NIODeadline) {
        self.side = side
        self.limits = limits
        (openedAt, lastHeard, lastPing, lastSent) = (now, now, now, now)
    }

    /// How often to ask `tick`.
    var tickInterval: TimeAmount {
        let shortest = min(limits.handshakeTimeout, limits.idleTimeout, limits.stallTimeout, limits.requestTimeout)
        return .nanoseconds(min(max(shortest.nanoseconds / 8, 5_000_000), 1_000_000_000))
    }

    mutating func heard(at now: NIODeadline) { lastHeard = now }
    mutating func heardSettings() { hasSettings = true }
    mutating func heardAcknowledgement() { hasAcknowledgement = true }
    mutating func sent(at now: NIODeadline) { lastSent = now }

    /// - Parameter owesBodies: whether bodies wait here for the peer to take them.
    mutating func tick(at now: NIODeadline, owesBodies: Bool) -> Action {
        if !hasSettings, now - openedAt > limits.handshakeTimeout {
            return .giveUp("no HTTP/2 SETTINGS came within \(limits.handshakeTimeout.milliseconds) ms")
        }
        if !hasAcknowledgement, now - openedAt > limits.handshakeTimeout {
            return .giveUp(
                "our HTTP/2 SETTINGS were not acknowledged within \(limits.handshakeTimeout.milliseconds) ms")
        }
        if now - lastHeard > limits.idleTimeout {
            return .giveUp("nothing was heard for \(limits.idleTimeout.milliseconds) ms")
        }
        if !owesBodies { lastSent = now }
        // A server may be long in taking a request's body, when earlier calls fill its memory: a client's calls have
        // deadlines for that.
        if side == .server, now - lastSent > limits.stallTimeout {
            return .giveUp("nothing of an answer was taken for \(limits.stallTimeout.milliseconds) ms")
        }
        if side == .client, (now - lastPing).nanoseconds > limits.idleTimeout.nanoseconds / 4 {
            lastPing = now
            return .ping
        }
        return .none
    }
}

extension TimeAmount {
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
