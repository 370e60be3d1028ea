internal import NIOCore
package import NIOHTTP1
internal import NIOPosix
package import Transport

/// A small HTTP/1.1 client: one connection per request, over TCP or a Unix socket, with answers read as they arrive.
package struct RESTClient: Sendable {
    /// How long one request may take; a nil limit is none.
    package struct Limits: Sendable {
        /// For the whole request, connection included.
        package var total: Duration?
        /// Between two parts of the answer.
        package var silence: Duration?

        /// Without arguments there is no limit.
        package init(total: Duration? = nil, silence: Duration? = nil) {
            self.total = total
            self.silence = silence
        }

        /// Ten seconds for everything: for requests that take no computing.
        package static let short = Limits(total: .seconds(10))
    }

    /// The beginning of an answer.
    package struct Head: Sendable {
        /// The status code, for example 200.
        package let status: Int
        /// The header fields as they came.
        package let headers: HTTPHeaders
    }

    /// An answer that was read whole.
    package struct Answer: Sendable {
        /// Its status and header fields.
        package let head: Head
        /// Its body as it came.
        package let body: [UInt8]
        /// The status code, for example 200.
        package var status: Int { head.status }
        /// The body as UTF-8, with replacement characters where it is none.
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// More than any answer that is read whole.
    private static let answerBytesMax = 64 << 20
    /// A request's body is sent in pieces of this size.
    private static let pieceBytes = 64 << 10

    /// Where requests are sent.
    package let address: Address
    /// The size of the system's buffer for what has arrived and is not read yet; nil: what the system chooses.
    package var receiveBufferBytes: Int?

    /// A client of the server that listens at `address`.
    package init(_ address: Address) { self.address = address }

    /// - Parameter url: `http://host[:port]`, with nothing after it but a slash.
    package init(url: String) throws(RESTError) {
        func refusal(_ reason: String) -> RESTError { RESTError(request: url, kind: .badURL, reason: reason) }
        guard url.hasPrefix("http://") else { throw refusal("a URL here begins with http://") }
        var place = url.dropFirst("http://".count)
        if place.hasSuffix("/") { place = place.dropLast() }
        guard !place.contains("/") else { throw refusal("nothing follows the port here: http://HOST:PORT") }
        let hasPort = place.last != "]" && place.contains(":")
        do {
            self.init(try Address(parsing: hasPort ? String(place) : "\(place):80"))
        } catch {
            throw refusal(error.reason)
        }
    }

    /// Sends a GET request and reads the whole answer.
    ///
    /// - Throws: `RESTError`.
    package func get(_ path: String, headers: HTTPHeaders = [:], limits: Limits = .short) async throws -> Answer {
        try await request(.GET, path, headers: headers, limits: limits, Self.whole)
    }

    /// Sends `json` in a POST request and reads the whole answer.
    ///
    /// - Throws: `RESTError`.
    package func post(
        _ path: String, json: [UInt8], headers: HTTPHeaders = [:], limits: Limits = .short
    ) async throws -> Answer {
        try await request(.POST, path, headers: headers, body: json, limits: limits, Self.whole)
    }

    /// Sends a DELETE request and reads the whole answer.
    ///
    /// - Throws: `RESTError`.
    package func delete(_ path: String, headers: HTTPHeaders = [:], limits: Limits = .short) async throws -> Answer {
        try await request(.DELETE, path, headers: headers, limits: limits, Self.whole)
    }

    /// Sends a request and hands over its answer while it arrives; the connection is closed when `read` returns, so
    /// returning early is hanging up.
    ///
    /// - Throws: `RESTError`, or what `read` throws.
    package func request<Result: Sendable>(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: [UInt8] = [], limits: Limits = .short,
        _ read: (Head, RESTBody) async throws -> Result
    ) async throws -> Result {
        try await request(method, path, headers: headers, body: RESTUpload(body), limits: limits, read)
    }

    /// The same with a body that is read while it is sent.
    package func request<Result: Sendable>(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: RESTUpload, limits: Limits = .short,
        _ read: (Head, RESTBody) async throws -> Result
    ) async throws -> Result {
        let name = "\(method) \(address)\(path)"
        let channel = try await connect(name, limits)
        let head = head(method, path, headers, bodyBytes: body.byteCount)
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    // Beside the reading: a server may answer, and hang up, before it has read a large body.
                    tasks.addTask { try? await Self.send(head, body, outbound) }
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

    private func head(_ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, bodyBytes: Int) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        head.headers.replaceOrAdd(name: "host", value: hostHeader)
        head.headers.replaceOrAdd(name: "connection", value: "close")
        guard method == .POST || bodyBytes > 0 else { return head }
        if !head.headers.contains(name: "content-type") {
            head.headers.add(name: "content-type", value: "application/json")
        }
        head.headers.replaceOrAdd(name: "content-length", value: "\(bodyBytes)")
        return head
    }

    private static func send(
        _ head: HTTPRequestHead, _ body: RESTUpload, _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        try await outbound.write(.head(head))
        for start in stride(from: 0, to: body.byteCount, by: pieceBytes) {
            let piece = try body.read(start ..< min(start + pieceBytes, body.byteCount))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: piece))))
        }
        try await outbound.write(.end(nil))
    }

    private static func whole(_ head: Head, _ body: RESTBody) async throws -> Answer {
        var bytes: [UInt8] = []
        for try await piece in body {
            bytes += piece
            guard bytes.count <= answerBytesMax else {
                let reason = "the answer is longer than \(answerBytesMax) bytes"
                throw RESTError(request: body.name, kind: .badAnswer, reason: reason)
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

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connect(_ name: String, _ limits: Limits) async throws -> Connection {
        let timeMax = min(limits.total ?? .seconds(10), .seconds(10))
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeMax))
        if let receiveBufferBytes {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBufferBytes)
        }
        let setUp: @Sendable (any Channel) -> EventLoopFuture<Connection> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                try channel.pipeline.syncOperations.addHandler(TimeLimitHandler(limits))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        do {
            switch address {
            case .tcp(let host, let port):
                return try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
            case .unix(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
            }
        } catch {
            throw RESTError(request: name, kind: .cannotConnect, reason: RESTError.reason(ofConnect: error))
        }
    }
}
