import Checkpoint
import Foundation
import Testing

@testable import Router
@testable import Transport

@Suite("Parked sessions of a cluster", .inTurn) struct ParkingTests {
    @Test("a session that is parked and resumed between its steps has the logits it has alone")
    func equality() async throws {
        let prompt: [UInt32] = (0 ..< 200).map { (index: UInt32) in (index * 41 + 3) % 90 },
            chunks = [1, 62, 1, 1, 64, 70, 1]
        try await ModelCluster.with(Paths.fixture("mixed-original").path) { cluster in
            let alone = try await cluster.logits(prompt, chunks: chunks).map(\.bits)
            let attention = cluster.pass.attention
            let parked = try await cluster.logits(prompt, chunks: chunks) { session async throws in
                #expect(try await attention.park(session) > 0)
                #expect(try await attention.resume(session) == cluster.config.sessionBytes(tokensMax: prompt.count))
            }
            #expect(parked.map(\.bits) == alone)
        }
    }

    @Test("a step for a parked session, and a session that is not there, are refused by name")
    func refusals() async throws {
        try await ModelCluster.with(Paths.fixture("mixed-original").path, expertHosts: 1) { cluster in
            let attention = cluster.pass.attention
            let step = await #expect(throws: RPCError.self) {
                _ = try await cluster.logits([1, 2], chunks: [1, 1]) { _ = try await attention.park($0) }
            }
            #expect(step?.code == .failedPrecondition && step?.message.contains("is parked; resume it first") == true)
            let unknown = await #expect(throws: RPCError.self) { _ = try await attention.resume(1 << 60) }
            #expect(unknown?.code == .notFound)
        }
    }
}
