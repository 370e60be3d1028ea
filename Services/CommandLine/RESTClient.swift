internal import Cluster
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Transport

/// A small HTTP/1.1 client: one connection per request, over TCP or a Unix socket, with answers read as they arrive.
struct RESTClient: Sendable {
    /// How long one request may take; nil: as long as it likes.
    struct Limits: Sendable {
        /// For the whole request, connection included.
        var total: Duration?
        /// Between two parts of the answer.
        var silence: Duration?
        static let short = Limits(total: .seconds(10))
    }
    struct Head: Sendable {
        let status: Int
        let headers: HTTPHeaders
    }
    struct Answer: Sendable {
        let head: Head
        let body: [UInt8]
        var status: Int { head.status }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// More than any answer that is read whole.
    private static let answerBytesMax = 64 << 20
    private static let pieceBytes = 64 << 10

    let address: Address
    /// Of the system, for what is not read yet; nil leaves it to the system.
    var receiveBufferBytes: Int?

    init(_ address: Address) { self.address = address }

    /// - Parameter url: `http://host[:port]`, with nothing after it but a slash.
    init(url: String) throws(RESTError) {
        guard url.hasPrefix("http://") else { throw RESTError(request: url, kind: .badURL, reason: "a URL here begins with http://") }
        var place = url.dropFirst("http://".count)
        if place.hasSuffix("/") { place = place.dropLast() }
        guard !place.contains("/") else { throw RESTError(request: url, kind: .badURL, reason: "nothing follows the port here: http://HOST:PORT") }
        let hasPort = place.last != "]" && place.contains(":")
        do {
            self.init(try Address(parsing: hasPort ? String(place) : "\(place):80"))
        } catch {
            throw RESTError(request: url, kind: .badURL, reason: error.reason)
        }
    }

    func get(_ path: String, headers: HTTPHeaders = [:], limits: Limits = .short) async throws -> Answer {
        try await request(.GET, path, headers: headers, limits: limits, Self.whole)
    }

    func post(_ path: String, json: [UInt8], headers: HTTPHeaders = [:], limits: Limits = .short) async throws -> Answer {
        try await request(.POST, path, headers: headers, body: json, limits: limits, Self.whole)
    }

    /// Sends a request and hands over its answer while it arrives; the connection is closed when `read` returns, so
    /// returning early is hanging up.
    ///
    /// - Throws: `RESTError`, or what `read` throws.
    func request<Result: Sendable>(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: [UInt8] = [], limits: Limits = .short,
        _ read: (Head, RESTBody) async throws -> Result
    ) async throws -> Result {
        let name = "\(method) \(address)\(path)"
        let channel = try await connect(name, limits)
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        head.headers.replaceOrAdd(name: "host", value: hostHeader)
        head.headers.replaceOrAdd(name: "connection", value: "close")
        if method == .POST || !body.isEmpty {
            if !head.headers.contains(name: "content-type") { head.headers.add(name: "content-type", value: "application/json") }
            head.headers.replaceOrAdd(name: "content-length", value: "\(body.count)")
        }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    // Beside the reading: a server may answer, and hang up, before it has read a large body.
                    tasks.addTask { [head] in try? await Self.send(head, body, outbound) }
                    let body = RESTBody(name: name, parts: inbound)
                    let result = try await read(try await body.head(), body)
                    tasks.cancelAll()
                    return result
                }
            }
        } catch {
            throw RESTError.mapping(error, request: name)
        }
    }

    private static func send(
        _ head: HTTPRequestHead, _ body: [UInt8], _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        try await outbound.write(.head(head))
        for start in stride(from: 0, to: body.count, by: pieceBytes) {
            let piece = ByteBuffer(bytes: body[start..<min(start + pieceBytes, body.count)])
            try await outbound.write(.body(.byteBuffer(piece)))
        }
        try await outbound.write(.end(nil))
    }

    private static func whole(_ head: Head, _ body: RESTBody) async throws -> Answer {
        var bytes: [UInt8] = []
        for try await piece in body {
            bytes += piece
            guard bytes.count <= answerBytesMax else {
                throw RESTError(request: body.name, kind: .badAnswer, reason: "the answer is longer than \(answerBytesMax) bytes")
            }
        }
        return Answer(head: head, body: bytes)
    }

    private var hostHeader: String {
        switch address {
        case .tcp: address.description
        case .unix: "localhost"
        }
    }

    private func connect(_ name: String, _ limits: Limits) async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
        let timeMax = min(limits.total ?? .seconds(10), .seconds(10))
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(TimeAmount(timeMax))
        if let receiveBufferBytes { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBufferBytes) }
        let setUp: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                try channel.pipeline.syncOperations.addHandler(TimeLimitHandler(limits))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        do {
            switch address {
            case .tcp(let host, let port): return try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
            case .unix(let path): return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
            }
        } catch {
            throw RESTError(request: name, kind: .cannotConnect, reason: RESTError.reason(ofConnect: error))
        }
    }
}

/// The body of an answer, piece by piece as it arrives.
struct RESTBody: AsyncSequence {
    typealias Element = [UInt8]

    let name: String
    private let parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

    init(name: String, parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) {
        self.name = name
        self.parts = parts.makeAsyncIterator()
    }

    fileprivate func head() async throws -> RESTClient.Head {
        var parts = parts
        while let part = try await parts.next(isolation: #isolation) {
            // An interim answer (1xx) is not the answer.
            if case .head(let head) = part, head.status.code >= 200 {
                return RESTClient.Head(status: Int(head.status.code), headers: head.headers)
            }
        }
        throw RESTError(request: name, kind: .closedEarly, reason: "the connection was closed before an answer came")
    }

    /// The first `bytes` bytes or so as text, or all there is: what an error says of itself.
    func beginning(_ bytes: Int) async throws -> String {
        var found: [UInt8] = []
        for try await piece in self {
            found += piece
            if found.count >= bytes { break }
        }
        return String(decoding: found.prefix(bytes), as: UTF8.self)
    }

    func makeAsyncIterator() -> Iterator { Iterator(name: name, parts: parts) }

    struct Iterator: AsyncIteratorProtocol {
        let name: String
        var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

        mutating func next() async throws -> [UInt8]? { try await next(isolation: #isolation) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            while let part = try await parts.next(isolation: actor) {
                switch part {
                case .body(let bytes): return Array(bytes.readableBytesView)
                case .end: return nil
                case .head: continue
                }
            }
            throw RESTError(request: name, kind: .closedEarly, reason: "the connection was closed in the middle of the answer")
        }
    }
}

/// Why a request got no answer.
struct RESTError: Error, CustomStringConvertible {
    enum Kind: Sendable { case badURL, cannotConnect, timedOut, closedEarly, badAnswer }
    let request: String
    let kind: Kind
    let reason: String
    var description: String { "\(request): \(reason)" }

    fileprivate static func reason(ofConnect error: any Error) -> String {
        if let all = error as? NIOConnectionError, let first = all.connectionErrors.first { return reason(ofConnect: first.error) }
        if let error = error as? IOError, [ECONNREFUSED, ENOENT].contains(error.errnoCode) { return "nothing listens there" }
        return "cannot connect: \(plainWords(of: error))"
    }

    /// The same error with the request's name; what is none of ours stays as it is.
    fileprivate static func mapping(_ error: any Error, request: String) -> any Error {
        switch error {
        case let error as TimeLimitHandler.Expired:
            RESTError(request: request, kind: .timedOut, reason: error.description)
        case is HTTPParserError:
            RESTError(request: request, kind: .badAnswer, reason: "the answer is no HTTP/1.1, or ends too early (\(error))")
        case is IOError:
            RESTError(request: request, kind: .closedEarly, reason: "the connection broke: \(plainWords(of: error))")
        default: error
        }
    }
}
