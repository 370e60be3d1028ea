import AdminMessages
import Checkpoint
import Foundation
import Logging
import Messages
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport
import TypedCalls

@testable import Router

/// The connections to attention services, over real sockets; `MembershipTests` has the rules.
@Suite("Attention services as members") struct AttentionHostsTests {
    @Test("one that announces itself is connected to; its user hears of it, and of its end and why")
    func comesAndGoes() async throws {
        try await World.with { world in
            let service = try await world.start("a")
            let answer = try await world.hosts.announce(service.announcement)
            #expect(answer.router == "r" && answer.planVersion == 0 && !answer.released)
            try await world.soon { $0 == ["connected a"] }
            #expect(try await world.hosts.announce(service.announcement).planVersion == 1)
            service.stop()
            try await world.soon { $0.count == 2 && $0[1].hasPrefix("lost a: ") }
            #expect(await world.hosts.membership.members.isEmpty)
        }
    }

    @Test("who is said to be lost is dismissed with that reason, and may come again as another member")
    func isSaidToBeLost() async throws {
        try await World.with { world in
            let service = try await world.start("a"), first = try await world.join(service)
            await world.hosts.lost(first, why: "it lied")
            try await world.soon { $0 == ["connected a", "lost a: it lied"] }
            let second = try await world.join(service)
            #expect(second != first)
            await world.hosts.lost(first, why: "late news")
            #expect(await world.hosts.membership[second] != nil)
        }
    }

    @Test("one that let a deadline pass is asked, and is trusted again when it answers")
    func late() async throws {
        try await World.with { world in
            let service = try await world.start("a"), id = try await world.join(service)
            await world.hosts.late(id, why: "no answer")
            try await world.soon { _ in await world.hosts.membership[id]?.standing == .sound }
            #expect(service.asked == 1 && world.user.events == ["connected a"])
        }
    }

    @Test("one that let three deadlines pass in a row, and has answered nothing since, is lost")
    func silent() async throws {
        try await World.with { world in
            let service = try await world.start("a", isSilent: true), id = try await world.join(service)
            for _ in 0 ..< 2 { await world.hosts.late(id, why: "no answer") }
            #expect(await world.hosts.membership[id]?.standing == .late)
            await world.hosts.late(id, why: "no answer again")
            try await world.soon { $0 == ["connected a", "lost a: no answer again"] }
        }
    }

    @Test("one that answers, but has been computing one call for ever, is lost")
    func stalled() async throws {
        try await World.with { world in
            let service = try await world.start("a", stalledMilliseconds: 61_000), id = try await world.join(service)
            await world.hosts.late(id, why: "no answer")
            try await world.soon { $0 == ["connected a", "lost a: it has been computing one call for 61 s"] }
        }
    }

    @Test("a run that has read damaged weights is refused for good")
    func damaged() async throws {
        try await World.with { world in
            let service = try await world.start("a"), id = try await world.join(service)
            await world.hosts.damaged(id, fault: "tensor x")
            try await world.soon { $0 == ["connected a", "lost a: it holds damaged or foreign weights: tensor x"] }
            let error = await world.refusal(of: service.announcement)
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message == "attention service a holds damaged or foreign weights: tensor x")
        }
    }

    @Test("one that wants to stop is told of once, and let go when its user needs it no more")
    func draining() async throws {
        try await World.with { world in
            let service = try await world.start("a")
            _ = try await world.join(service)
            world.user.isIdle = false
            for _ in 0 ..< 2 { #expect(try await !world.hosts.announce(service.draining).released) }
            world.user.isIdle = true
            #expect(try await world.hosts.announce(service.draining).released)
            #expect(world.user.events == ["connected a", "draining a"])
        }
    }

    @Test("announcements go to whoever looks after their role; other roles are refused by name")
    func roles() async throws {
        try await World.with { world in
            let receivers = AnnouncementReceivers(byRole: [.attention: world.hosts])
            let service = try await world.start("a")
            #expect(try await receivers.announce(service.announcement).router == "r")
            for role in ["expert-host", "", "oracle"] {
                let error = await #expect(throws: RPCError.self) {
                    _ = try await receivers.announce(TestHosts.announcement("b", role: role))
                }
                #expect(error?.code == .invalidArgument && error?.message.contains("\"\(role)\"") == true)
            }
            #expect(await world.hosts.membership.members.keys.sorted() == ["a"])
        }
    }

    @Test("the operator's wish for parts is passed on, unless the model cannot be cut so; members are told of in order")
    func operatorsView() async throws {
        try await World.with { world in
            #expect(throws: PlanChangeError.self) { try world.hosts.check(.fixed(8)) }
            try world.hosts.check(.fixed(4))
            try world.hosts.check(.auto)
            await world.hosts.set(.fixed(4))
            #expect(world.user.events == ["wants 4"])
            for name in ["b", "a"] { _ = try await world.join(try await world.start(name)) }
            let report = await world.hosts.report()
            #expect(report.partsWanted == .fixed(4) && report.parts == 2 && report.replicas == 1)
            #expect(report.members.map(\.name) == ["a", "b"])
            let first = try #require(report.members.first)
            #expect(first.role == "attention" && first.standing == "ready" && first.part == 1 && first.replica == 0)
            #expect(first.sequences == 3 && first.memoryBytes == 1 << 30)
        }
    }
}

/// Members, whoever uses them, and attention services of this process.
private final class World: Sendable {
    let hosts: AttentionHosts
    let user = TestUser()
    private let folder: String
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let services = AsyncStream.makeStream(of: TestService.self)

    private init(folder: String) {
        self.folder = folder
        let config = AttentionHosts.Config(
            instance: "r", router: 7, fingerprint: TestHosts.fingerprint, arithmetic: TestHosts.arithmetic,
            limits: RPCLimits(), partsMax: 4)
        hosts = AttentionHosts(config, user: user, group: MultiThreadedEventLoopGroup.singleton, logger: Self.logger)
    }

    static func with(_ body: (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mm-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let world = World(folder: folder)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await world.hosts.run() }
            tasks.addTask {
                await withDiscardingTaskGroup { tasks in
                    for await service in world.services.stream { tasks.addTask { await service.run() } }
                }
            }
            try await body(world)
            tasks.cancelAll()
        }
    }

    /// An attention service that listens.
    ///
    /// - Parameter isSilent: it never answers.
    func start(
        _ name: String, stalledMilliseconds: Int = 0, isSilent: Bool = false
    ) async throws -> TestService {
        let service = TestService(
            name, at: "\(folder)/\(name).sock", stalledMilliseconds, isSilent: isSilent, Self.logger)
        services.continuation.yield(service)
        _ = try await service.server.boundAddress
        return service
    }

    /// Announces a service and waits until it is connected.
    func join(_ service: TestService) async throws -> Member.ID {
        _ = try await hosts.announce(service.announcement)
        try await soon { _ in await self.hosts.membership.members[service.name]?.isConnected == true }
        return try #require(await hosts.membership.members[service.name]?.id)
    }

    func refusal(of request: AnnounceRequest) async -> RPCError? {
        do throws(RPCError) { _ = try await hosts.announce(request) } catch { return error }
        return nil
    }

    /// Looks again and again at what the user was told; the limit only bounds a test that fails anyway.
    func soon(_ condition: ([String]) async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while await !condition(user.events) {
            try #require(.now < end, "\(user.events)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Writes down what it is told, and says what it uses: each member for part 2 of 2 of the first replica.
private final class TestUser: AttentionMemberUser {
    private struct State {
        var events: [String] = []
        var isIdle = false
    }
    private let state = Mutex(State())

    var events: [String] { state.withLock { $0.events } }
    var isIdle: Bool {
        get { state.withLock { $0.isIdle } }
        set { state.withLock { $0.isIdle = newValue } }
    }

    private func note(_ event: String) { state.withLock { $0.events.append(event) } }

    func run(_: AttentionHosts) async throws {}
    func connected(_ member: Member, _: RPCClient) async { note("connected \(member.name)") }
    func lost(_ member: Member.ID, why: String) async { note("lost \(member.name): \(why)") }
    func draining(_ member: Member.ID) async { note("draining \(member.name)") }
    func wanted(parts: AttentionPartsGoal) async { note("wants \(parts)") }
    func use(of member: Member.ID) async -> AttentionUse? {
        AttentionUse(part: AttentionPart(index: 1, count: 2), replica: 0, sequences: 3, keptBytes: 5, isIdle: isIdle)
    }
}

/// A service that only says what it is.
private final class TestService: Sendable {
    let name: String
    let server: RPCServer
    private let path: String
    private let calls: CallCount
    private let end = AsyncStream.makeStream(of: Void.self)

    /// How often it was asked what it is.
    var asked: Int { calls.value }

    init(_ name: String, at path: String, _ stalledMilliseconds: Int, isSilent: Bool, _ logger: Logger) {
        let calls = CallCount()
        (self.name, self.path, self.calls) = (name, path, calls)
        var endpoints = EndpointHandlers(logger: logger) { _ in nil }
        endpoints.on(.describeAttention) { request, _ in
            calls.add()
            if isSilent { try await Task.sleep(for: .seconds(3600)) }
            guard request.router == 7 else { throw RPCError(.invalidArgument, "not this router's number") }
            return AttentionDescription(
                modelFingerprint: TestHosts.fingerprint, kernels: "k", memoryBudgetBytes: 1, arithmetic: "exact",
                othersBytes: 0, stalledMilliseconds: stalledMilliseconds)
        }
        server = RPCServer(
            address: .unix(path: path), group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            handler: endpoints.answer)
    }

    var announcement: AnnounceRequest { announcement(isDraining: false) }
    var draining: AnnounceRequest { announcement(isDraining: true) }

    private func announcement(isDraining: Bool) -> AnnounceRequest {
        TestHosts.announcement(name, address: "unix:\(path)", draining: isDraining, role: "attention")
    }

    /// Until it is stopped, or the test ends.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [server] in try? await server.run() }
            tasks.addTask { [end] in for await _ in end.stream { return } }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Its connections break.
    func stop() { end.continuation.yield() }
}

/// How often something was asked for.
private final class CallCount: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
}
