import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import Transport

let testGroup = MultiThreadedEventLoopGroup.singleton

/// Errors only: a test that expects a fault should not print it.
let quiet = {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    return logger
}()

/// The two kinds of address that services use, fresh for each test.
enum Place: CaseIterable {
    case unix, tcp

    var address: Address {
        switch self {
        case .unix:
            .unix(
                path: FileManager.default.temporaryDirectory.appending(path: "t-\(UUID().uuidString.prefix(8)).sock")
                    .path)
        case .tcp: .tcp(host: "127.0.0.1", port: 0)
        }
    }
}

/// A server and a client of it for the length of a closure. Both have ended when it returns, the server in good order.
func withServer<R: Sendable>(
    _ address: Address = Place.unix.address, limits: RPCLimits = .init(), clientLimits: RPCLimits? = nil,
    handler: @escaping RPCServer.Handler, _ body: (RPCClient, RPCServer) async throws -> R
) async throws -> R {
    let server = RPCServer(address: address, limits: limits, group: testGroup, logger: quiet, handler: handler)
    async let serving: Void = server.run()
    let result: R
    do {
        result = try await withClient(of: server.boundAddress, limits: clientLimits ?? limits) {
            try await body($0, server)
        }
    } catch {
        server.stopAccepting()
        throw error
    }
    server.stopAccepting()
    try await serving
    return result
}

/// A client for the length of a closure.
func withClient<R: Sendable>(
    of address: Address, limits: RPCLimits = .init(), _ body: (RPCClient) async throws -> R
) async throws -> R {
    let client = RPCClient(address: address, limits: limits, group: testGroup, logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await client.run() }
        let result: R
        do { result = try await body(client) } catch {
            tasks.cancelAll()
            throw error
        }
        tasks.cancelAll()
        try await tasks.waitForAll()
        return result
    }
}

/// The error that a call ends with; a call that succeeds is a failure of the test.
func failure(sourceLocation: SourceLocation = #_sourceLocation, _ call: () async throws -> ByteBuffer) async -> RPCError
{
    do {
        let answer = try await call()
        Issue.record("the call succeeded with \(answer.readableBytes) bytes", sourceLocation: sourceLocation)
    } catch let error as RPCError {
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    return RPCError(.internalError, "no error of a call")
}

extension RPCClient {
    /// Whether an echo server gives back what it got.
    func echoes(_ body: ByteBuffer) async throws -> Bool {
        try await call("/", body, timeout: .seconds(60)) == body
    }
}

/// Suspends until a condition holds. The limit is only there so that a broken program ends.
func eventually(_ what: String, within limit: Duration = .seconds(120), _ condition: () async -> Bool) async throws {
    let start = ContinuousClock.now
    while await !condition() {
        try #require(ContinuousClock.now - start < limit, "never happened: \(what)")
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Bytes with a period that divides no block size, so that swapped or repeated pieces show.
func pattern(_ count: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    var left = count
    while left > 0 {
        let piece = patternBlock.getSlice(at: 0, length: min(left, patternBlock.readableBytes)) ?? ByteBuffer()
        buffer.writeImmutableBuffer(piece)
        left -= piece.readableBytes
    }
    return buffer
}

private let patternBlock = ByteBuffer(bytes: (0 ..< 251 * 261).map { UInt8($0 % 251) })

/// Open descriptors of this process.
func descriptorCount() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}

/// Counts, and remembers the most that there were at once.
actor Gauge {
    private(set) var current = 0
    private(set) var most = 0
    private(set) var total = 0
    func add(_ count: Int) {
        current += count
        total += max(0, count)
        most = max(most, current)
    }
}

/// Holds tasks until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    var waitingCount: Int { waiting.count }
    func pass() async {
        if !isOpen { await withCheckedContinuation { waiting.append($0) } }
    }
    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
