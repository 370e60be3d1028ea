package import NIOCore

/// What one side of a connection takes from the other. Both sides use the same type and the same defaults.
///
/// Memory a peer can make us hold, per connection, is bounded by `concurrentStreamsMax * windowBytes +
/// bufferedBytesMax` (or one message, where that is more), and `answerBytesMax` of answers.
package struct RPCLimits: Sendable {
    /// All header fields of one request or answer, names and values, in bytes.
    package var headerBytesMax = 16 << 10
    /// Header fields of one request or answer.
    package var headerCountMax = 64
    /// Decoded bytes a second of heads that exceed one of these limits, from one peer. More ends the connection.
    package var headerBytesRefusedPerSecondMax = 1 << 20
    /// Decoded bytes a second of all heads from one peer, enough for some 100,000 calls. More ends the connection.
    package var headerBytesPerSecondMax = 64 << 20

    /// The body of one request or answer, in bytes; at most 2 GiB - 1, which is the largest window of HTTP/2.
    package var messageBytesMax = 256 << 20
    /// What a peer may send of a body before it has been given room for all of it, in bytes (its stream's first
    /// window); at least 16 KiB.
    package var windowBytes = 1 << 20
    /// Room for bodies larger than `windowBytes`, in bytes per connection. A body gets room for its announced length or
    /// waits its turn. Room is free again when the server's handler, or the client's caller, is done. One message alone
    /// is always let in.
    package var bufferedBytesMax = 512 << 20
    /// Room for answers whose length is known before they are computed (see `RPCRequest.reserveAnswer`) and which the
    /// peer has not read yet, in bytes per connection; a call that asks for more is refused.
    package var answerBytesMax = 512 << 20
    /// The largest DATA frame we take, in bytes: 16 KiB to 16 MiB - 1.
    package var frameBytesMax = 1 << 20
    /// Bytes handed to a socket that has not taken them yet; more waits as slices of the callers' own buffers.
    package var unsentBytesMax = 4 << 20

    /// Calls at a time on one connection.
    package var concurrentStreamsMax = 256
    /// Calls over one connection in its life; then the client makes a new one, and the old one ends with its last call.
    /// HTTP/2 itself ends at 2^30.
    package var callsPerConnectionMax = 1 << 29
    /// Connections at a time to one server; for another one an idle one gives way (see `ConnectionPlaces`), or it is
    /// closed at once.
    package var connectionsMax = 1024
    /// Those of them that one machine may have; the rest are a reserve for others. Unix sockets are not counted.
    package var connectionsPerPeerMax = 768
    /// How long a connection that has carried a call stays, however idle, after its last one.
    package var connectionPeace = TimeAmount.seconds(1)

    /// RST_STREAM frames a second from one peer. More ends the connection ("rapid reset", CVE-2023-44487).
    package var resetsPerSecondMax = 1000
    /// PING, SETTINGS, PRIORITY, WINDOW_UPDATE and empty DATA frames a second from one peer.
    package var controlFramesPerSecondMax = 10_000

    /// From connecting until the peer's SETTINGS have come.
    package var handshakeTimeout = TimeAmount.seconds(5)
    /// A peer that has sent nothing at all for this long is gone. Clients send a PING every quarter of it.
    package var idleTimeout = TimeAmount.seconds(60)
    /// A peer that takes nothing of a body we have for it, for this long, is gone.
    package var stallTimeout = TimeAmount.seconds(30)
    /// From a request's head until its last byte; time spent waiting for room (see `bufferedBytesMax`) does not count.
    package var requestTimeout = TimeAmount.seconds(120)

    /// How long an event loop polls for the next message before it sleeps (`--spin-microseconds`); zero: not at all.
    package var vigil = TimeAmount.zero

    /// Sets every limit to its default.
    package init() {}

    /// Values that HTTP/2 can express, whatever was asked for.
    var clamped: RPCLimits {
        var limits = self
        limits.messageBytesMax = min(max(0, messageBytesMax), Int(Int32.max))
        limits.windowBytes = min(max(1 << 14, windowBytes), Int(Int32.max))
        limits.frameBytesMax = min(max(1 << 14, frameBytesMax), (1 << 24) - 1)
        limits.concurrentStreamsMax = min(max(1, concurrentStreamsMax), Int(Int32.max))
        limits.callsPerConnectionMax = min(max(1, callsPerConnectionMax), 1 << 29)
        limits.headerBytesMax = min(max(256, headerBytesMax), 1 << 20)
        limits.unsentBytesMax = min(max(1 << 14, unsentBytesMax), 1 << 30)
        return limits
    }
}
