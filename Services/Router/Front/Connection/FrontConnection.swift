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
    let watch = HangUpWatch()
    /// Of the requests that were read but whose answering has not begun, oldest first.
    private let facts = Mutex<[RequestFacts]>([])
    /// Nanoseconds of `NIODeadline`; `.max` while a request is read or answered.
    private let quiet = Atomic(Int64.max)
    /// Nanoseconds of `NIODeadline`; `.max` while no body is read.
    private let uploading = Atomic(Int64.max)
    private let stalled = Atomic(false)

    init(_ channel: any Channel) {
        self.channel = channel
        clientAddress = channel.remoteAddress?.ipAddress ?? "unix"
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
    /// Nanoseconds of `NIODeadline` since which nobody asks anything; nil while somebody does.
    var quietSince: Int64? {
        let since = quiet.load(ordering: .relaxed)
        return since == .max ? nil : since
    }

    /// Nanoseconds of `NIODeadline` since which the client sends a body; nil while it does not.
    var uploadingSince: Int64? {
        let since = uploading.load(ordering: .relaxed)
        return since == .max ? nil : since
    }

    /// The client took nothing of its answer for too long.
    func noteStalled() { stalled.store(true, ordering: .relaxed) }
    var isStalled: Bool { stalled.load(ordering: .relaxed) }
}
