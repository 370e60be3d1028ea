import AdminMessages
import Foundation
import Testing

@testable import Transport

/// Attention services as members of a cluster: they announce themselves, are seen, refused, let go and missed.
@Suite("Attention services announce themselves", .serialized, .inTurn) struct AttentionMembersTests {
    private static let two = RESTCluster.Setup(expertHosts: 1, attentionHosts: 2)

    private func waitForMembers(_ names: [String], of cluster: RESTCluster) async throws {
        try await eventually("the router knows \(names)") {
            let members = try await cluster.plan().attention.members
            return members.map(\.name) == names && members.allSatisfy { $0.standing == "ready" }
        }
    }

    /// Lines of the router's metrics about one member, a histogram's counted as one.
    private func memberSeries(_ name: String, of cluster: RESTCluster) async throws -> [Substring] {
        try await cluster.metrics(of: "router").split(separator: "\n").filter {
            $0.contains("member=\"\(name)\"") && !$0.contains("_bucket") && !$0.contains("_sum")
        }
    }

    @Test("the plan and the metrics show every one that has announced itself, and what it has")
    func shown() async throws {
        try await RESTCluster.with(Self.two) { cluster in
            try await waitForMembers(["attention", "attention-2"], of: cluster)
            let report = try await cluster.plan().attention
            #expect(report.members.allSatisfy { $0.role == "attention" && $0.memoryBytes > 0 })
            #expect(
                report.members.map(\.address)
                    == ["attention", "attention-2"].map { "unix:\(cluster.folder)/\($0).sock" })
            #expect(try await cluster.metric("minimax_attention_services_connected", of: "router") == 2)
            #expect(try await cluster.plan().hosts.map(\.name) == ["expert-1"], "an attention service holds no experts")
        }
    }

    @Test("one that is told to stop says so, is let go, and ends in order; one that is killed is missed at once")
    func goes() async throws {
        try await RESTCluster.with(Self.two) { cluster in
            try await waitForMembers(["attention", "attention-2"], of: cluster)
            let stopped = try cluster.process("attention-2")
            let begin = ContinuousClock.now
            // Seven gauges and a histogram.
            try await eventually("each has metrics of its own") {
                for name in ["attention", "attention-2"] {
                    guard try await memberSeries(name, of: cluster).count == 7 + 1 else { return false }
                }
                return true
            }
            stopped.signal(SIGTERM)
            await stopped.waitForExit()
            #expect(stopped.exitStatus == 0 && begin.duration(to: .now) < .seconds(10))
            #expect(!stopped.log.contains("still needs this process"))
            try await waitForMembers(["attention"], of: cluster)
            try await eventually("nothing is told of the one that has gone") {
                let gone = try await memberSeries("attention-2", of: cluster)
                return try await memberSeries("attention", of: cluster).count == 7 + 1 && gone.isEmpty
            }
            let log = try cluster.process("router").log
            #expect(log.contains("attention service is stopping") && log.contains("attention service gone"))

            try cluster.startAttention("attention-2")
            try await waitForMembers(["attention", "attention-2"], of: cluster)
            try cluster.process("attention-2").signal(SIGKILL)
            try await waitForMembers(["attention"], of: cluster)
            #expect(try await cluster.metric("minimax_attention_services_lost_total", of: "router") == 2)
            #expect(try await cluster.chat("Who are you?").status == 200)
        }
    }

    @Test("one of another model, one of another arithmetic and a process of an unknown role are refused by name")
    func refused() async throws {
        try await RESTCluster.with(.init(expertHosts: 1)) { cluster in
            try cluster.startAttention("foreign", model: Paths.fixture("one-layer").path)
            try cluster.startAttention("fast", ["--arithmetic", "fast"])
            for name in ["foreign", "fast"] {
                let process = try cluster.process(name)
                await process.waitForExit()
                #expect(process.exitStatus == 1)
                #expect(process.log.contains("the router refuses this attention service: "))
                #expect(process.log.contains("attention service \(name)") && process.log.contains("must be the same"))
            }
            let (oracle, liar) = try await cluster.withControl { control in
                let address = Address.unix(path: "/nowhere.sock")
                return (
                    await control.refusal(of: try cluster.announcement("o", at: address, role: "oracle")),
                    await control.refusal(
                        of: try cluster.announcement("l", at: address, memoryBytes: 0, role: "attention"))
                )
            }
            #expect(oracle?.code == .invalidArgument)
            #expect(oracle?.message.contains("o has the role \"oracle\"") == true)
            #expect(liar?.message == "attention service l: memory_bytes is 0, expected 1 to 2^50")
            try await waitForMembers(["attention"], of: cluster)
            #expect(try await cluster.chat("Who are you?").status == 200)
        }
    }

    @Test("the operator's wish for parts is kept and shown; parts that the model cannot have are refused")
    func parts() async throws {
        try await RESTCluster.with(.init(expertHosts: 1)) { cluster in
            #expect(try await cluster.plan().attention.partsWanted == .auto)
            let changed = try await cluster.change(PlanChange(attentionParts: .fixed(2))).attention
            #expect(changed.partsWanted == .fixed(2))
            let error = await #expect(throws: SupportError.self) {
                _ = try await cluster.change(PlanChange(drain: "nobody", attentionParts: .fixed(1)))
            }
            #expect(error.map { "\($0)" }?.contains("there is no host nobody") == true)
            #expect(try await cluster.plan().attention.partsWanted == .fixed(2), "a change is made whole or not at all")
        }
    }

    @Test("a second service finds a folder of its own beside the first one's, which nobody told it")
    func numberedFolders() async throws {
        try await Paths.withFolder { data in
            let states = "\(data)/states"
            var setup = Self.two
            setup.attention = ["--states-folder", states, "--number-states-folder", "on"]
            try await RESTCluster.with(setup) { cluster in
                try await waitForMembers(["attention", "attention-2"], of: cluster)
                let names = try FileManager.default.contentsOfDirectory(atPath: data).sorted()
                #expect(names == ["states", "states-2"])
            }
        }
    }
}
