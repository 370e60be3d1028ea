import AdminMessages
import Foundation
import JSON
import Testing

@testable import Router

/// Where experts are computed never shows: any mode, any number of copies, any number of hosts, and every mixture on
/// the way from one to the other.
@Suite("Placement", .serialized, .inTurn) struct PlacementTests {
    private static let prompt = Array(EqualityTests.prompt.prefix(120))
    private static let chunks = [70, 1, 1, 40, 1, 1, 6]

    @Test(
        "whole experts and slices, one to three copies, and plans on the way to each other give the same bytes",
        arguments: [1, 2, 3, 5])
    func modes(hosts: Int) async throws {
        let reference = try await ModelCluster.with(Paths.demo, expertHosts: 1) {
            try await $0.logits(Self.prompt, chunks: Self.chunks).map(\.bits)
        }
        try await ModelCluster.with(Paths.demo, expertHosts: hosts) { cluster in
            for copies in 1 ... 3 {
                for mode in [PlacementSettings.Mode.latency, .throughput] {
                    await cluster.hosts.set(PlacementSettings(mode: mode, copies: copies))
                    #expect(
                        try await cluster.logits(Self.prompt, chunks: Self.chunks).map(\.bits) == reference,
                        "on the way to \(copies) copies, \(mode), \(hosts) hosts")
                    try await cluster.waitUntilSettled(mode, copies: min(copies, hosts))
                    #expect(
                        try await cluster.logits(Self.prompt, chunks: Self.chunks).map(\.bits) == reference,
                        "\(copies) copies, \(mode), \(hosts) hosts")
                }
            }
        }
    }

    @Test("weights in groups that share scales are sliced where groups end", arguments: ["int8", "int4"])
    func quantized(type: String) async throws {
        try await Paths.withFolder { folder in
            let result = try await Tool.run(
                Paths.program("minimax").path, ["quantize", Paths.demo, "--to", type, "--out", "\(folder)/model"])
            #expect(result.status == 0, "\(result.output)")
            let reference = try await ModelCluster.with("\(folder)/model", expertHosts: 1) {
                try await $0.logits(Self.prompt, chunks: Self.chunks).map(\.bits)
            }
            let sliced = try await ModelCluster.with(
                "\(folder)/model", expertHosts: 3, settings: PlacementSettings(mode: .latency)
            ) {
                try await $0.logits(Self.prompt, chunks: Self.chunks).map(\.bits)
            }
            #expect(sliced == reference)
        }
    }

    @Test("odd shapes are sliced too", arguments: ["shared-expert-list", "odd-sizes", "one-layer"])
    func oddShapes(name: String) async throws {
        let prompt: [UInt32] = (0 ..< 100).map { (index: UInt32) in (index * 37 + 11) % 90 }
        let whole = try await ModelCluster.with(Paths.fixture(name).path, expertHosts: 1) {
            try await $0.logits(prompt, chunks: [99, 1]).map(\.bits)
        }
        for hosts in [2, 3] {
            let sliced = try await ModelCluster.with(
                Paths.fixture(name).path, expertHosts: hosts, settings: PlacementSettings(mode: .latency, copies: 2)
            ) {
                try await $0.logits(prompt, chunks: [99, 1]).map(\.bits)
            }
            #expect(sliced == whole, "\(hosts) hosts")
        }
    }

    @Test("six equal hosts that start together hold equally much, whatever each of them measured")
    func equalHosts() async throws {
        try await RESTCluster.with(.init(expertHosts: 6, expertHost: ["--read-bandwidth-mib", "0"])) { cluster in
            try await eventually("every host holds what it shall hold") { try await cluster.plan().isSettled }
            let hosts = try await cluster.plan().hosts, mean = hosts.reduce(0) { $0 + $1.expertsWanted } / 6
            #expect(hosts.count == 6 && hosts.allSatisfy { $0.bandwidthMeasurements > 0 })
            let held = hosts.map { "\($0.expertsWanted) experts at \($0.announcedBytesPerSecond)" }
            #expect(hosts.allSatisfy { abs($0.expertsWanted / mean - 1) <= 0.2 }, "\(held)")
        }
    }
}

extension ModelCluster {
    /// Waits until every host holds what a plan of this kind wants, and nothing else.
    func waitUntilSettled(_ mode: PlacementSettings.Mode, copies: Int) async throws {
        try await eventually("the plan is \(mode) with \(copies) copies, and done") {
            let report = await hosts.report(
                with: AttentionReport(partsWanted: .auto, parts: 0, replicas: 0, members: []))
            return report.mode == mode.rawValue && report.copiesHeld == copies
                && report.hosts.allSatisfy { $0.state == "ready" || $0.state == "empty" }
        }
    }
}
