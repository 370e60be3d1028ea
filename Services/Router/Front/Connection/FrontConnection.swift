internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// One client connection, as the tasks see it that answer its requests.
final class FrontConnection: Sendable {
    /// The connection whose requests this task answers.
    @TaskLocal static var current: FrontConnection?

    let channel: any Channel
    /// The client's address without its port: the same for all its connections.
    let clientAddress: String
    /// What a client cannot change at will: its IPv4 address, or of an IPv6 address the network, of which one client
    /// often has all.
    let clientNetwork: String
    let watch = HangUpWatch()
    /// Of the requests that were read but whose answering has not begun, oldest first.
    private let facts = Mutex<[RequestFacts]>([])
    /// Nanoseconds of `NIODeadline`; `.max` while a request is read or answered.
    private let quiet = Atomic(Int64.max)
    /// Nanoseconds of `NIODeadline`; `.max` while no body is read.
    private let uploading = Atomic(Int64.max)
    /// Nanoseconds of `NIODeadline`; `.max` while the client takes what there is of its answers.
    private let unread = Atomic(Int64.max)
    private let stalled = Atomic(false)

    init(_ channel: any Channel) {
        self.channel = channel
        clientAddress = channel.remoteAddress?.ipAddress ?? "unix"
        clientNetwork = channel.remoteAddress?.network ?? "unix"
    }

    /// A connection that nothing else watches.
    convenience init(closing channel: any Channel) {
        self.init(channel)
        channel.closeFuture.whenComplete { _ in self.watch.hangUp() }
    }

    func add(_ facts: RequestFacts) { self.facts.withLock { $0.append(facts) } }

    /// What is known of the request whose answering begins; each request's facts are asked for once, in their order.
    func takeFacts() -> RequestFacts { facts.withLock { $0.isEmpty ? RequestFacts() : $0.removeFirst() } }

    /// Tells a client that waits for it to send the body (RFC 9110, section 10.1.1).
    func sayContinue() async throws {
        try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue))).get()
    }

    // MARK: who could be spared

    func noteQuiet(since time: NIODeadline) { quiet.store(Int64(clamping: time.uptimeNanoseconds), ordering: .relaxed) }
    /// A request's head was read.
    func noteBusy(since time: NIODeadline) {
        quiet.store(.max, ordering: .relaxed)
        uploading.store(Int64(clamping: time.uptimeNanoseconds), ordering: .relaxed)
    }
    /// All of the request was read.
    func noteRequestRead() { uploading.store(.max, ordering: .relaxed) }
    /// Bytes of an answer wait for the client; nil: none do.
    func noteUnread(since time: NIODeadline?) {
        unread.store(time.map { Int64(clamping: $0.uptimeNanoseconds) } ?? .max, ordering: .relaxed)
    }

    var use: ConnectionShares.Use {
        let quiet = quiet.load(ordering: .relaxed),
            slow = min(uploading.load(ordering: .relaxed), unread.load(ordering: .relaxed))
        let (state, since): (ConnectionShares.Use.State, Int64) =
            quiet != .max ? (.quiet, quiet) : slow != .max ? (.slow, slow) : (.busy, 0)
        return ConnectionShares.Use(
            network: clientNetwork, state: state, since: .uptimeNanoseconds(UInt64(clamping: since)))
    }

    /// The client took nothing of its answer for too long.
    func noteStalled() { stalled.store(true, ordering: .relaxed) }
    var isStalled: Bool { stalled.load(ordering: .relaxed) }
}

extension SocketAddress {
    /// The address without its port, of IPv6 only the first 64 bits.
    var network: String? {
        guard case .v6(let address) = self else { return ipAddress }
        // In a sockaddr_in6 family, port and flow label come first: eight bytes.
        let bytes = unsafe withUnsafeBytes(of: address.address) { unsafe Array($0[8 ..< 24]) }
        // An IPv4 address that a socket for both kinds writes as an IPv6 one.
        guard !bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) else {
            return bytes[12...].map { "\($0)" }.joined(separator: ".")
        }
        return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":")
    }
}
