import Console
import Foundation
import Logging
import Messages
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import Transport
import TypedCalls

@testable import Announcing

/// A process that announces itself, and the router that it does so to, over real sockets.
@Suite("A process announces itself") struct AnnouncingTests {
    @Test("it says who it is; told to stop, it says that, and stays until the router lets it go")
    func life() async throws {
        try await withFolder { folder in
            let router = TestRouter()
            try await withRouter(router, in: folder) {
                let process = try await TestProcess.service(in: folder)
                let group = ServiceGroup(services: [process], logger: logger)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    try await soon("it is heard") { router.heard.count > 1 }
                    let first = try #require(router.heard.first)
                    #expect(first.role == "attention" && first.name == "a" && first.memoryBytes == 1 << 30)
                    #expect(first.address == "unix:\(folder)/p.sock" && !first.draining)
                    #expect(first.readBandwidth == 5 << 20 && first.bandwidthMeasurements == 0)
                    #expect(Set(router.heard.map(\.instance)).count == 1)

                    await group.triggerGracefulShutdown()
                    try await soon("it says that it stops") { router.heard.last?.draining == true }
                    let count = router.heard.count
                    try await soon("it goes on saying so") { router.heard.count > count + 2 }
                    #expect(!process.hasEnded)
                    router.release()
                    try await tasks.waitForAll()
                    #expect(process.hasEnded)
                }
            }
        }
    }

    @Test("a refusal for good ends it, in the router's words and by what it is")
    func refused() async throws {
        try await withFolder { folder in
            try await withRouter(TestRouter(refusal: RPCError(.failedPrecondition, "wrong model")), in: folder) {
                let process = try await TestProcess.service(in: folder)
                let error = await #expect(throws: StartError.self) { try await process.run() }
                #expect(error?.description == "the router refuses this attention service: wrong model")
            }
        }
    }

    @Test("where no router answers it comes again and again, and does not wait for one when it is to stop")
    func alone() async throws {
        try await withFolder { folder in
            let process = try await TestProcess.service(in: folder)
            let group = ServiceGroup(services: [process], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let router = TestRouter()
                try await Task.sleep(for: .milliseconds(300))
                try await withRouter(router, in: folder) {
                    try await soon("the router that came later is told") { !router.heard.isEmpty }
                }
                let begin = ContinuousClock.now
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                #expect(process.hasEnded && begin.duration(to: .now) < TestProcess.drainTime / 2)
            }
        }
    }
}

private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// What a router was told, and what it answers.
private final class TestRouter: Sendable {
    private struct State {
        var heard: [AnnounceRequest] = []
        var isReleasing = false
    }
    private let state = Mutex(State())
    private let refusal: RPCError?

    init(refusal: RPCError? = nil) { self.refusal = refusal }

    var heard: [AnnounceRequest] { state.withLock { $0.heard } }
    func release() { state.withLock { $0.isReleasing = true } }

    func server(in folder: String) -> RPCServer {
        var endpoints = EndpointHandlers(logger: logger) { _ in nil }
        endpoints.on(.announce) { [self] request, _ in
            let isReleasing = state.withLock { state in
                state.heard.append(request)
                return state.isReleasing
            }
            if let refusal { throw refusal }
            return AnnounceResponse(router: "r", planVersion: 0, released: request.draining && isReleasing)
        }
        return RPCServer(
            address: .unix(path: "\(folder)/r.sock"), group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            handler: endpoints.answer)
    }
}

/// A process that announces itself to the router of its folder, as the services do.
private final class TestProcess: Service {
    static let drainTime = Duration.seconds(60)

    private let announcing: Announcing
    private let server: RPCServer
    private let end = Mutex(false)
    var hasEnded: Bool { end.withLock { $0 } }

    private init(_ announcing: Announcing, _ server: RPCServer) {
        (self.announcing, self.server) = (announcing, server)
    }

    static func service(in folder: String) async throws -> TestProcess {
        let group = MultiThreadedEventLoopGroup.singleton
        let config = AnnouncingConfig(
            routers: [.unix(path: "\(folder)/r.sock")], announce: nil, name: "a", readBandwidth: 5 << 20,
            drainTime: drainTime)
        let identity = Announcing.Identity(
            role: .attention, modelFingerprint: "f", kernels: "k", threads: 1, arithmetic: "exact",
            memoryBytes: 1 << 30, weightsCopy: "c")
        let server = RPCServer(
            address: .unix(path: "\(folder)/p.sock"), group: group, logger: logger,
            handler: EndpointHandlers(logger: logger) { _ in nil }.answer)
        return TestProcess(try await Announcing(config, identity, group: group, logger: logger), server)
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask { [server] in
                try await server.run()
                return true
            }
            tasks.addTask { [announcing, server] in
                try await announcing.run(at: server) { CallActivity(count: 0, isIdle: true) }
                server.stopAccepting()
                return false
            }
            while try await tasks.next() == false {}
            tasks.cancelAll()
        }
        end.withLock { $0 = true }
    }
}

private func withRouter(_ router: TestRouter, in folder: String, _ body: () async throws -> Void) async throws {
    let server = router.server(in: folder)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await server.run() }
        _ = try await server.boundAddress
        try await body()
        tasks.cancelAll()
    }
}

private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mm-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// Looks again and again; the limit only bounds a test that fails anyway.
private func soon(_ what: String, _ condition: () -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard .now < end else { throw CancellationError() }
        try await Task.sleep(for: .milliseconds(5))
    }
}
