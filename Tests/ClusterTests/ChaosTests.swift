import AdminMessages
import JSON
import Synchronization
import Testing

@testable import Router

/// An expert is a pure function: whoever computes it, and whoever dies over it, the clients get the same bytes.
@Suite("Hosts that come and go", .serialized, .inTurn) struct ChaosTests {
    private static let tokenCount = 200
    private static let events: KeyValuePairs<HostStorm.Event, Int> = [
        .add: 12, .drain: 8, .kill: 8, .freeze: 10, .cutOff: 8, .changePlan: 10,
    ]
    private static let prompts: [JSONValue] = [
        "Once upon a time", "Who are you?", "The sea was calm, and", "One, two, three",
    ]

    /// Three greedy requests and one that draws its tokens.
    private static let bodies: [JSONValue] = prompts.enumerated().map { index, prompt in
        let sampling: [JSONValue.Member] = index < 3 ? [] : [.init("temperature", .number("1.0")), .init("seed", 7)]
        return RESTCluster.completionBody(
            prompt, maxTokens: tokenCount, [.init("ignore_eos", true), .init("logprobs", 3)] + sampling)
    }

    /// Two more, one of which needs more of a row than its best token.
    private static let moreBodies: [JSONValue] = [
        RESTCluster.completionBody(
            "Tell me a story", maxTokens: tokenCount, [.init("ignore_eos", true), .init("logprobs", 1)]),
        RESTCluster.completionBody(
            "The old bridge", maxTokens: tokenCount,
            [
                .init("ignore_eos", true), .init("logprobs", 1), .init("temperature", .number("0.8")),
                .init("top_p", .number("0.9")), .init("seed", 11),
            ]),
    ]

    private static let setup = RESTCluster.Setup(
        expertHosts: 1, router: ["--host-silence-seconds", "1"],
        expertHost: ["--read-bandwidth-mib", "4096", "--memory-max-mib", "1024"])

    private static let hostEvents: KeyValuePairs<HostStorm.Event, Int> = [
        .add: 6, .drain: 5, .kill: 5, .freeze: 5, .cutOff: 4, .changePlan: 5,
    ]
    private static let attentionEvents: KeyValuePairs<HostStorm.Event, Int> = [
        .add: 8, .drain: 5, .kill: 5, .freeze: 4, .cutOff: 4, .changePlan: 4,
    ]

    @Test(
        """
        six streams and four sessions get every byte while attention services and expert hosts join, leave, die, \
        freeze and are cut off, attention is cut into parts, and the sessions are moved
        """, .timeLimit(.minutes(10)))
    func stormOfBoth() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("the storm's seed is \(seed)")
        try await RESTCluster.with(Self.setup, starts: .nothing) { cluster in
            let hosts = HostStorm(cluster, seed: seed), attention = HostStorm(cluster, of: .attention, seed: seed &+ 1)
            let storms = [(hosts, Self.hostEvents), (attention, Self.attentionEvents)]
            do {
                for _ in 0 ..< 3 { try await hosts.add() }
                for _ in 0 ..< 4 { try await attention.add() }
                try cluster.startRouter()
                try await cluster.waitUntilReady()
                _ = try await cluster.change(PlanChange(attentionParts: .fixed(2)))
                try await weather(storms, Self.bodies + Self.moreBodies, cluster, StormSessions(cluster, seed: seed))
                for (storm, _) in storms { try await storm.calmDown() }
            } catch {
                for (storm, _) in storms { await storm.stopProxies() }
                let story = await hosts.story + attention.story
                throw SupportError("seed \(seed): \(error)\n\(story.joined(separator: "\n"))")
            }
            for (storm, events) in storms {
                await storm.stopProxies()
                let counts = await storm.counts
                for (event, count) in events where event != .add {
                    #expect(counts[event] == count, "\(event), seed \(seed)")
                }
            }
            #expect(try await cluster.metric("minimax_attention_services_lost_total", of: "router") > 0)
        }
    }

    @Test(
        "four streams get every byte while hosts join, leave, die, freeze, are cut off and change their experts",
        .timeLimit(.minutes(10)))
    func storm() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("the storm's seed is \(seed)")
        try await RESTCluster.with(Self.setup, starts: .nothing) { cluster in
            let storm = HostStorm(cluster, seed: seed)
            do {
                try cluster.startAttention()
                try await storm.add()
                try cluster.startRouter()
                try await cluster.waitUntilReady()
                try await weather([(storm, Self.events)], Self.bodies, cluster)
                try await storm.calmDown()
            } catch {
                await storm.stopProxies()
                throw SupportError("seed \(seed): \(error)\n\(await storm.story.joined(separator: "\n"))")
            }
            await storm.stopProxies()
            #expect(try await cluster.metric("minimax_expert_hosts_lost_total", of: "router") > 0)
            let counts = await storm.counts
            for (event, count) in Self.events { #expect(counts[event] == count, "\(event), seed \(seed)") }
            #expect(counts.values.reduce(0, +) >= 50)
            let failures = try cluster.process("router").log.split(separator: "\n").filter {
                $0.contains("a step failed")
            }
            let story = await storm.story.joined(separator: "\n")
            #expect(failures.isEmpty, "seed \(seed): \(failures.joined(separator: "\n"))\n\(story)")
        }
    }

    /// As many streams at a time as there are bodies, and sessions beside them, from before the storms until after
    /// them.
    private func weather(
        _ storms: [(HostStorm, KeyValuePairs<HostStorm.Event, Int>)], _ bodies: [JSONValue], _ cluster: RESTCluster,
        _ sessions: StormSessions? = nil
    ) async throws {
        var undisturbed: [Transcript] = []
        for body in bodies {
            undisturbed.append(Transcript(try await cluster.stream(RESTCluster.completionsPath, body)))
        }
        for transcript in undisturbed {
            #expect(transcript.tokens.count == Self.tokenCount)
            #expect(transcript.logprobs.count == Self.tokenCount)
            #expect(transcript.finish == "length")
            #expect(transcript.isDone)
        }
        try await sessions?.begin()
        let ends = CallCount(), stormCount = storms.count
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (body, expected) in zip(bodies, undisturbed) {
                tasks.addTask { try await Self.stream(body, expected, cluster) { ends.value == stormCount } }
            }
            for (storm, events) in storms {
                tasks.addTask {
                    try await storm.rage(events)
                    ends.add()
                }
            }
            if let sessions { tasks.addTask { try await sessions.live { ends.value == stormCount } } }
            for try await _ in tasks {}
        }
        try await sessions?.end()
    }

    /// One stream after the other, each compared with the undisturbed one.
    private static func stream(
        _ body: JSONValue, _ expected: Transcript, _ cluster: RESTCluster, until isOver: @Sendable () -> Bool
    ) async throws {
        repeat {
            let found = Transcript(try await cluster.stream(RESTCluster.completionsPath, body))
            if let difference = found.difference(from: expected) {
                throw SupportError("a stream differs: \(difference)")
            }
        } while !isOver()
    }
}
