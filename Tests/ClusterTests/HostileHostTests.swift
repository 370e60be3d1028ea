import AdminMessages
import Checkpoint
import Foundation
import JSON
import Messages
import Synchronization
import Testing

@testable import Router
@testable import Transport

private let setup = RESTCluster.Setup(
    expertHosts: 1,
    router: ["--host-silence-seconds", "2", "--host-wait-seconds", "10", "--call-timeout-seconds", "5"],
    expertHost: ["--read-bandwidth-mib", "4096", "--memory-max-mib", "1024"])

/// Expert hosts that lie, come and go, or come in crowds, beside one that is honest. Nobody who asks the cluster
/// notices.
@Suite("Hostile hosts", .serialized, .inTurn, SuiteCluster(setup: .oneHonestHost)) struct HostileHostTests {
    private static let honest = "expert-1"

    /// What a client gets, its log-probabilities included; the same whoever computes it.
    private func answer(_ cluster: RESTCluster) async throws -> JSONValue {
        let reply = try await cluster.complete(
            "Once upon a time", maxTokens: 8, [.init("logprobs", 3), .init("ignore_eos", true)])
        guard reply.status == 200 else { throw SupportError("\(reply.status): \(reply.json.text())") }
        return reply.json.withoutIdentity
    }

    /// The suite's cluster, once what earlier tests brought has gone.
    private func calmCluster(copies: Int = 1) async throws -> RESTCluster {
        let cluster = try suiteCluster()
        try await cluster.change(.throughput, copies: copies)
        try await eventually("nobody but \(Self.honest) is left", within: .seconds(60)) {
            let plan = try await cluster.plan()
            return plan.hosts.map(\.name) == [Self.honest] && plan.hosts[0].state == "ready"
        }
        return cluster
    }

    /// Asks again and again while `body` runs; every answer must be the same.
    private func whileAnswering(
        _ cluster: RESTCluster, _ expected: JSONValue, _ body: () async throws -> Void
    ) async throws {
        let ends = CallCount()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                repeat {
                    let found = try await answer(cluster)
                    #expect(found == expected)
                } while ends.value == 0
            }
            try await body()
            ends.add()
            try await tasks.waitForAll()
        }
    }

    /// Lines of the router's log that name a host.
    private func logLines(_ cluster: RESTCluster, about host: String) throws -> [String] {
        try cluster.process("router").log.split(separator: "\n").map(String.init).filter {
            $0.contains("host=\(host) ") || $0.hasSuffix("host=\(host)")
        }
    }

    // MARK: hosts that are not what they should be

    struct Stranger: Sendable, CustomStringConvertible {
        let description: String
        var model = Paths.demo
        var flags: [String] = []
        let reason: String
    }

    @Test(
        "a host that computes another model, or in another way, is refused: it says why and ends with status 1",
        arguments: [
            Stranger(
                description: "another checkpoint", model: Paths.fixture("one-layer").path,
                reason: "the router's checkpoint is"),
            Stranger(
                description: "another arithmetic", flags: ["--arithmetic", "fast"],
                reason: "the router's arithmetic is exact"),
        ])
    func stranger(_ stranger: Stranger) async throws {
        try await RESTCluster.with(.oneHonestHost) { cluster in
            let before = try await answer(cluster)
            try cluster.startExpertHost("stranger", model: stranger.model, stranger.flags)
            let process = try cluster.process("stranger")
            try await eventually("the stranger gives up") { !process.isRunning }
            #expect(process.exitStatus == 1)
            #expect(process.log.contains("the router refuses this host"))
            #expect(process.log.contains(stranger.reason))
            #expect(process.log.contains("they must be the same"))
            #expect(try await cluster.plan().hosts.map(\.name) == [Self.honest])
            let again = try await answer(cluster)
            #expect(again == before)
        }
    }

    /// An announcement that cannot be true.
    struct Claim: Sendable, CustomStringConvertible {
        let description: String
        var name = "liar"
        var address = "unix:/liar.sock"
        var memoryBytes = 1 << 30
        var readBandwidth = 1 << 30
        /// What the refusal must name.
        let names: String
    }

    @Test(
        "an announcement that cannot be true is refused, and the refusal names what is wrong with it",
        arguments: [
            Claim(description: "no memory", memoryBytes: 0, names: "memory_bytes is 0"),
            Claim(description: "more memory than there is anywhere", memoryBytes: 1 << 51, names: "memory_bytes"),
            Claim(description: "reads nothing", readBandwidth: 0, names: "read_bandwidth is 0"),
            Claim(description: "reads faster than anything", readBandwidth: .max, names: "read_bandwidth"),
            Claim(description: "no address", address: "", names: "address"),
            Claim(description: "an address that is none", address: "moon:99999", names: "99999"),
            Claim(description: "no name", name: "", names: "name"),
            Claim(description: "a name without end", name: String(repeating: "n", count: 10_000), names: "10000"),
        ])
    func claim(_ claim: Claim) async throws {
        let cluster = try await calmCluster()
        let before = try await answer(cluster)
        let announcement = AnnounceRequest(
            name: claim.name, instance: "1", address: claim.address, modelFingerprint: try cluster.fingerprint(),
            kernels: "fake", threads: 1, draining: false,
            arithmetic: "exact", memoryBytes: claim.memoryBytes, readBandwidth: claim.readBandwidth, machine: "fake")
        let refusal = try #require(try await cluster.refusal(of: announcement))
        #expect(refusal.code == .invalidArgument)
        #expect(refusal.message.contains(claim.names), "\(refusal)")
        #expect(try await cluster.plan().hosts.map(\.name) == [Self.honest])
        let again = try await answer(cluster)
        #expect(again == before)
    }

    @Test("a host that gives the address of nobody gets nothing and is forgotten, however fast it claims to be")
    func nobody() async throws {
        let cluster = try await calmCluster()
        let before = try await answer(cluster)
        let announcement = try cluster.announcement(
            "nobody", at: .unix(path: "\(cluster.folder)/nobody.sock"), memoryBytes: 1 << 50, readBandwidth: 1 << 50)
        try await whileAnswering(cluster, before) {
            #expect(try await cluster.refusal(of: announcement) == nil)
            try await eventually("nobody is forgotten") { try await cluster.plan().host("nobody") == nil }
        }
        #expect(
            try logLines(cluster, about: "nobody").contains {
                $0.contains("expert host gone") && $0.contains("connect")
            })
    }

    @Test("a host that claims a thousand times its speed is given more than is good, and the answers stay right")
    func boaster() async throws {
        let cluster = try await calmCluster()
        let before = try await answer(cluster), experts = try await HonestExperts(Paths.demo)
        try await cluster.withServer("boaster", FakeHost.handler(run: experts.run)) { address in
            let announcement = try cluster.announcement(
                "boaster", at: address, memoryBytes: 1 << 50, readBandwidth: 1 << 50)
            #expect(try await cluster.refusal(of: announcement) == nil)
            try await eventually("the boaster holds experts") {
                (try await cluster.plan().host("boaster")?.expertsReady ?? 0) > 0
            }
            let again = try await answer(cluster)
            #expect(again == before)
        }
        let again = try await answer(cluster)
        #expect(again == before)
    }

    // MARK: hosts that answer wrongly

    @Test(
        "a host that does not answer as it should is taken out with the reason, and its work is done by another",
        arguments: Lie.all, [1, 2])
    func lie(_ lie: Lie, copies: Int) async throws {
        let cluster = try await calmCluster(copies: copies)
        let before = try await answer(cluster)
        let name = "liar-\(UUID().uuidString.prefix(8))", calls = CallCount()
        let handler = lie.handler(columns: try WeightFiles(directory: Paths.demo).config.hiddenSize, calls)
        try await cluster.withServer(name, handler) { address in
            let announcement = try cluster.announcement(name, at: address)
            #expect(try await cluster.refusal(of: announcement) == nil)
            try await eventually("\(name) is trusted with experts") {
                let plan = try await cluster.plan()
                return plan.isSettled && (plan.host(name)?.expertsReady ?? 0) > 0
            }
            try await eventually("\(name) is asked, and taken out") {
                #expect(try await answer(cluster) == before)
                let state = try await cluster.plan().host(name)?.state
                return calls.value > 0 && (state == nil || state == "late")
            }
            let again = try await answer(cluster)
            #expect(again == before)
        }
        let lines = try logLines(cluster, about: name)
        #expect(lines.contains { $0.contains(lie.reason) }, "\(lines)")
    }

    @Test("a liar that announces itself again after every time is kept away")
    func stubbornLiar() async throws {
        let cluster = try await calmCluster(copies: 2)
        let before = try await answer(cluster), calls = CallCount()
        let handler = Lie.notNumbers.handler(columns: try WeightFiles(directory: Paths.demo).config.hiddenSize, calls)
        try await cluster.withServer("stubborn", handler) { address in
            let announcement = try cluster.announcement("stubborn", at: address)
            try await cluster.withControl { control in
                try await eventually("the liar has to stay away", within: .seconds(60)) {
                    let again = try await answer(cluster)
                    #expect(again == before)
                    return await control.refusal(of: announcement)?.message.contains("stay away") == true
                }
            }
            #expect(calls.value > 0)
            let again = try await answer(cluster)
            #expect(again == before)
        }
    }

    // MARK: hosts that come and go

    @Test(
        "a host that comes and goes fifty times holds nobody up, under one name or under many",
        arguments: [true, false])
    func flapping(hasOneName: Bool) async throws {
        let cluster = try await calmCluster()
        let before = try await answer(cluster), experts = try await HonestExperts(Paths.demo)
        var refusals: [RPCError] = []
        try await cluster.withControl { control in
            try await whileAnswering(cluster, before) {
                for round in 0 ..< 50 {
                    try await cluster.withServer("flapping-\(round)", FakeHost.handler(run: experts.run)) { address in
                        let announcement = try cluster.announcement(
                            hasOneName ? "flapping" : "flapping-\(round)", at: address, instance: "\(round)")
                        if let refusal = await control.refusal(of: announcement) { refusals.append(refusal) }
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
        }
        if hasOneName {
            #expect(refusals.contains { $0.message.contains("stay away") }, "\(refusals)")
        } else {
            #expect(refusals == [])
        }
        #expect(try cluster.process("router").isRunning)
    }

    @Test(
        "of two hosts with one name the first stays, and the second, which is told so, takes its place when it has gone"
    )
    func oneName() async throws {
        try await RESTCluster.with(.oneHonestHost) { cluster in
            let before = try await answer(cluster)
            let first = cluster.expertAddress(Self.honest), second = cluster.expertAddress("second")
            try cluster.startExpertHost("second", name: Self.honest)
            try await eventually("the second host is told why it is not taken") {
                let log = try cluster.process("second").log
                return log.contains("is here already, at \(first)") && log.contains("--name")
            }
            #expect(try await cluster.plan().hosts.map(\.address) == ["\(first)"])
            let again = try await answer(cluster)
            #expect(again == before)

            try cluster.process(Self.honest).signal(SIGKILL)
            try await eventually("the second host is in the first one's place") {
                let hosts = try await cluster.plan().hosts
                return hosts.map(\.address) == ["\(second)"] && hosts[0].state == "ready"
            }
            let atLast = try await answer(cluster)
            #expect(atLast == before)
        }
    }

    @Test(
        "two hundred hosts that come at once are all taken in, as are a hundred among a hundred that refuse to work",
        arguments: [false, true])
    func crowd(isHalfIdle: Bool) async throws {
        let cluster = try await calmCluster()
        let before = try await answer(cluster), experts = try await HonestExperts(Paths.demo)
        try await cluster.withServer("workers", FakeHost.handler(run: experts.run)) { workers in
            try await cluster.withServer("idlers", FakeHost.refusing) { idlers in
                func works(_ index: Int) -> Bool { !isHalfIdle || index % 2 == 0 }
                let fingerprint = try cluster.fingerprint()
                let announcements = try (0 ..< 200).map {
                    try cluster.announcement("crowd-\($0)", at: works($0) ? workers : idlers, fingerprint: fingerprint)
                }
                let expected = Set((0 ..< 200).filter(works).map { "crowd-\($0)" } + [Self.honest])
                try await whileAnswering(cluster, before) {
                    let refusals = try await cluster.withControl { await $0.refusals(of: announcements) }
                    #expect(refusals == [])
                    try await eventually("those that work are in the plan, and nobody else", within: .seconds(60)) {
                        let plan = try await cluster.plan()
                        return plan.isSettled && Set(plan.hosts.map(\.name)) == expected
                    }
                }
                let again = try await answer(cluster)
                #expect(again == before)
            }
        }
        #expect(try cluster.process("router").isRunning)
        _ = try await calmCluster()
        let again = try await answer(cluster)
        #expect(again == before)
    }
}

extension RESTCluster.Setup {
    /// One expert host, and a router that loses patience soon.
    fileprivate static let oneHonestHost = RESTCluster.Setup(
        expertHosts: 1,
        router: ["--host-silence-seconds", "2", "--host-wait-seconds", "10", "--call-timeout-seconds", "5"],
        expertHost: ["--read-bandwidth-mib", "4096", "--memory-max-mib", "1024"])
}
