import ClusterClient
import Foundation
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOPosix
import Records
import Tokenizer

@testable import Router

private let demoModel = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("compose/models/demo").path

/// The demo model's tokenizer.
let demoTokenizer: BytePairTokenizer = {
    do { return try BytePairTokenizer(contentsOf: demoModel) } catch { fatalError("\(error)") }
}()

/// What the demo model's files say of it.
let demoTokenizerInfo = Result { try TokenizerInfo(contentsOf: demoModel, endToken: nil) }

extension BytePairTokenizer {
    /// The ids of a text that may spell special tokens; none if it cannot be encoded.
    func encode(_ text: String) -> [Int32] { (try? encode(PromptText(template: text))) ?? [] }
}

/// Runs the front on a real socket while `body` talks to it.
///
/// - Parameter resumes: whether it goes on with responses that another one had begun.
func withFront(
    _ generator: any Generator, _ config: FrontConfig = FrontConfig(), logger: Logger? = nil,
    sessions: SessionBook = SessionBook(MemoryRecords(), tokenizer: "demo"),
    responses: any ObjectRecords = MemoryRecords(), resumes: Bool = false, states: any SessionStates = PlayedStates(),
    _ body: @escaping @Sendable (FrontClient) async throws -> Void
) async throws {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    var quiet = Logger(label: "tests")
    quiet.logLevel = .critical
    let front = Front(
        generator: generator, tokenizer: demoTokenizer, tokenizerInfo: try demoTokenizerInfo.get(), config: config,
        sessions: sessions, responses: ResponseBook(responses), states: states)
    defer { front.background.stop() }
    if resumes { try await front.resumeResponses(quiet) }
    let application = front.application(on: .hostname("127.0.0.1", port: 0), logger: logger ?? quiet) {
        continuation.yield($0.localAddress?.port ?? 0)
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await application.run() }
        for await port in ports.prefix(1) { try await body(FrontClient(port: port)) }
        tasks.cancelAll()
    }
}

/// The same, with what `body` returns.
func withFrontValue<Value: Sendable>(
    _ generator: any Generator, _ body: @escaping @Sendable (FrontClient) async throws -> Value
) async throws -> Value {
    let (values, continuation) = AsyncStream<Value>.makeStream()
    try await withFront(generator) { continuation.yield(try await body($0)) }
    for await value in values { return value }
    throw CancellationError()
}

extension JSONValue {
    /// An element of an array; nil where there is none.
    subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

/// A plain HTTP/1.1 client that shows every byte.
struct FrontClient: Sendable {
    let port: Int

    struct Answer: Sendable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: String

        var json: JSONValue { (try? JSONReader.read(Array(body.utf8))) ?? .null }
        var error: JSONValue { json["error"] ?? .null }
        /// The JSON of each event except `[DONE]`.
        var chunks: [JSONValue] {
            var reader = ServerSentEvents()
            let events = (try? reader.append(Array(body.utf8))) ?? []
            return events.filter { $0.data != "[DONE]" }.map { (try? JSONReader.read(Array($0.data.utf8))) ?? .null }
        }
    }

    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("POST", path, Array(body.utf8), headers: headers)
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, nil, headers: headers)
    }

    func send(
        _ method: String, _ path: String, _ body: [UInt8]?, headers: [String: String] = [:]
    ) async throws -> Answer {
        try await withConnection { connection in
            var head = Self.head(
                method, path, length: body?.count,
                headers: headers.merging(["Connection": "close"]) { given, _ in given })
            head += "\r\n"
            try await connection.write(Array(head.utf8) + (body ?? []))
            return Self.parse(try await connection.readToEnd())
        }
    }

    static func head(_ method: String, _ path: String, length: Int?, headers: [String: String] = [:]) -> String {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let length { head += "Content-Length: \(length)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return head
    }

    /// A connection that closes when `body` ends.
    func withConnection<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(
            host: "127.0.0.1", port: port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(Connection(inbound: inbound, outbound: outbound))
        }
    }

    /// Sends `text` on a new connection and reads until `needle` has come `count` times.
    func exchange(_ text: String, until needle: String, count: Int = 1) async throws -> String {
        try await withConnection { connection in
            try await connection.write(Array(text.utf8))
            return try await connection.read(until: needle, count: count)
        }
    }

    /// Sends `text` on a new connection and reads until the server ends it.
    func exchange(_ text: String) async throws -> String {
        try await inTime {
            try await withConnection { connection in
                try await connection.write(Array(text.utf8))
                return String(decoding: try await connection.readToEnd(), as: UTF8.self)
            }
        }
    }

    /// On a machine that is busy with other tests, a connection may be closed for its silence before anything was
    /// written: then another is tried.
    private func inTime(_ exchange: () async throws -> String) async throws -> String {
        for _ in 0 ..< 20 {
            do { return try await exchange() } catch ChannelError.ioOnClosedChannel {}
        }
        return try await exchange()
    }

    struct Connection: Sendable {
        let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

        func write(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

        func readToEnd() async throws -> [UInt8] {
            var bytes: [UInt8] = []
            for try await buffer in inbound { bytes += buffer.readableBytesView }
            return bytes
        }

        /// Reads until the text received contains `needle` often enough; returns all of it.
        func read(until needle: String, count: Int = 1) async throws -> String {
            var text = ""
            for try await buffer in inbound {
                text += String(buffer: buffer)
                if text.components(separatedBy: needle).count > count { break }
            }
            return text
        }
    }

    static func parse(_ bytes: [UInt8]) -> Answer {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else {
            return Answer(status: 0, headers: [:], body: "")
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let body =
            headers["transfer-encoding"] == "chunked" ? dechunked(bytes[(end + 4)...]) : Array(bytes[(end + 4)...])
        return Answer(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    private static func dechunked(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (rest, body) = (bytes, [UInt8]())
        while let end = rest.firstIndex(of: 13),
            let length = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), length > 0
        {
            body += rest[(end + 2)...].prefix(length)
            rest = rest[(end + 2)...].dropFirst(length + 2)
        }
        return body
    }
}
