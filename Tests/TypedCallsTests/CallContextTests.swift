import Foundation
import Logging
import Messages
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport

@testable import TypedCalls

@Suite("What handlers know of a call") struct CallContextTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// The lines of a log: their level, message and metadata.
    private final class Lines: Sendable {
        let all = Mutex<[(level: Logger.Level, message: String, metadata: Logger.Metadata)]>([])
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.all.withLock { $0.append((event.level, "\(event.message)", event.metadata ?? [:])) }
        }
    }

    /// Whatever else a service throws.
    private struct Fault: Error, CustomStringConvertible {
        var description: String { "the disk is on fire" }
    }

    /// A service's own error, which it knows to translate.
    private struct Refusal: Error {}

    /// A server of some endpoints, and a client of it.
    private func withServer(
        _ lines: Lines, _ add: (inout EndpointHandlers) -> Void, _ body: (RPCClient, Address) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in Handler(lines: lines) })
        var handlers = EndpointHandlers(logger: logger) { error in
            error is Refusal ? RPCError(.failedPrecondition, "not now") : nil
        }
        add(&handlers)
        let name = "c-\(UUID().uuidString.prefix(8)).sock", group = MultiThreadedEventLoopGroup.singleton
        let address = Address.unix(path: FileManager.default.temporaryDirectory.appending(path: name).path)
        let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
        let server = RPCServer(address: address, group: group, logger: silent, handler: handlers.answer)
        let client = RPCClient(address: address, group: group, logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            _ = try await server.boundAddress
            tasks.addTask { try await client.run() }
            defer { tasks.cancelAll() }
            try await body(client, address)
        }
    }

    private func call(_ client: RPCClient, _ path: String, _ body: some WireMessage) async throws -> ByteBuffer {
        try await client.call(path, ByteBuffer(body), timeout: .seconds(60), traceparent: Self.trace)
    }

    @Test("path, peer, deadline and trace, and the router where the request names it")
    func context() async throws {
        let seen = Mutex<[CallContext]>([])
        try await withServer(Lines()) { handlers in
            handlers.on(.describeAttention) { _, context in
                seen.withLock { $0.append(context) }
                throw Refusal()
            }
            handlers.on(.retainExperts) { _, context in
                seen.withLock { $0.append(context) }
                return RetainResponse(heldBytes: 1)
            }
            handlers.on(.embed) { _, context in
                seen.withLock { $0.append(context) }
                return EmbedResponse(hidden: [1])
            }
        } _: { client, address in
            let paths = [
                Endpoint.describeAttention.path, Endpoint.describeAttention.path, Endpoint.retainExperts.path,
                Endpoint.embed.path,
            ]
            let begin = NIODeadline.now()
            for router in [0xBEE, 0] as [UInt64] {
                await #expect(throws: RPCError(.failedPrecondition, "not now")) {
                    try await call(client, paths[0], DescribeRequest(router: router))
                }
            }
            _ = try await call(client, paths[2], RetainRequest(router: "r7", units: []))
            _ = try await call(client, paths[3], EmbedRequest(tokens: [1]))
            let contexts = seen.withLock { $0 }
            #expect(contexts.map(\.path) == paths)
            #expect(contexts.map { $0.router.map { "\($0)" } } == ["bee", nil, "r7", nil])
            for context in contexts {
                #expect(context.peer == "\(address)" && context.traceparent == Self.trace)
                let deadline = try #require(context.deadline)
                #expect(deadline > begin + .seconds(50) && deadline < .now() + .seconds(61))
            }
        }
    }

    @Test("a call without a timeout has no deadline, and one that is reached is refused")
    func deadline() throws {
        #expect(throws: Never.self) { try CallContext().checkDeadline() }
        let now = NIODeadline.now()
        let context = CallContext(path: "/v1/x", deadline: now)
        #expect(throws: Never.self) { try context.checkDeadline(at: now - .nanoseconds(1)) }
        for late in [now, now + .seconds(1)] {
            #expect(throws: RPCError(.deadlineExceeded, "/v1/x was not begun: its deadline had passed")) {
                try context.checkDeadline(at: late)
            }
        }
    }

    @Test("an error that nobody expected is logged with the call, its peer, trace and router, but not every time")
    func unexpected() async throws {
        let lines = Lines()
        try await withServer(lines) { handlers in
            handlers.on(.openSequence) { _, _ in throw Fault() }
        } _: { client, address in
            for _ in 0 ..< 40 {
                await #expect(throws: RPCError(.internalError, "the disk is on fire")) {
                    let request = OpenSequenceRequest(router: 0xF00, sequence: 1, tokensMax: 2)
                    _ = try await call(client, Endpoint.openSequence.path, request)
                }
            }
            let found = lines.all.withLock { $0 }
            #expect((16 ..< 40).contains(found.count))
            for line in found {
                #expect(line.level == .error && line.message == "a call failed unexpectedly")
                #expect(
                    line.metadata.filter { $0.key != "lines_left_out" } == [
                        "call": "/minimax.cluster.v1/sequences/open", "peer": "\(address)", "trace": "\(Self.trace)",
                        "router": "f00", "reason": "the disk is on fire",
                    ])
            }
        }
    }

    @Test("what a service refuses is logged for debugging only")
    func refused() async throws {
        let lines = Lines()
        try await withServer(lines) { handlers in
            handlers.on(.openSequence) { _, _ in throw Refusal() }
            handlers.on(.closeSequences) { _, _ in throw RPCError(.unavailable, "too busy") }
            handlers.on(.head) { _, _ in throw CancellationError() }
        } _: { client, _ in
            func refusal(_ path: String, _ message: some WireMessage) async throws -> RPCError? {
                await #expect(throws: RPCError.self) { _ = try await call(client, path, message) }
            }
            let beyond = "OpenSequenceRequest: tokens_max is 18446744073709551615, beyond every model"
            let expected: [RPCError?] = [
                RPCError(.failedPrecondition, "not now"), RPCError(.unavailable, "too busy"),
                RPCError(.invalidArgument, beyond),
                RPCError(.notFound, "nothing answers at /v1/nothing"),
            ]
            // Read as a request to open a sequence, its second number is that of tokens.
            let other = GrowSequenceRequest(router: 3, sequence: SequenceID(rawValue: .max), tokensMax: 0)
            let found = [
                try await refusal(Endpoint.openSequence.path, OpenSequenceRequest(sequence: 1, tokensMax: 2)),
                try await refusal(Endpoint.closeSequences.path, CloseSequencesRequest(sequences: [], all: true)),
                try await refusal(Endpoint.openSequence.path, other),
                try await refusal("/v1/nothing", DigestsRequest()),
            ]
            #expect(found == expected)
            #expect(try await refusal(Endpoint.head.path, HeadRequest(hidden: [], questions: []))?.code == .cancelled)
            let logged = lines.all.withLock { $0 }
            #expect(logged.allSatisfy { $0.level == .debug && $0.message == "refused a call" })
            #expect(logged.map { $0.metadata["reason"] } == expected.map { $0.map { "\($0)" } })
            #expect(logged.allSatisfy { $0.metadata["peer"] != nil && $0.metadata["trace"] == "\(Self.trace)" })
        }
    }
}
