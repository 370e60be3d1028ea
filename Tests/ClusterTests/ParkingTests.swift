import Checkpoint
import Foundation
import Messages
import Testing

@testable import Router
@testable import Transport

@Suite("Parked sequences of a cluster", .inTurn) struct ParkingTests {
    @Test("a sequence that is parked and resumed between its steps has the logits it has alone")
    func equality() async throws {
        let prompt: [UInt32] = (0 ..< 200).map { (index: UInt32) in (index * 41 + 3) % 90 },
            chunks = [1, 62, 1, 1, 64, 70, 1]
        try await ModelCluster.with(Paths.fixture("mixed-original").path) { cluster in
            let alone = try await cluster.logits(prompt, chunks: chunks).map(\.bits)
            let attention = try cluster.attention
            var length = 0, pieces = chunks[...]
            let parked = try await cluster.logits(prompt, chunks: chunks) { sequence async throws in
                defer { length += pieces.removeFirst() }
                guard length > 0 else { return }
                let state = StateID.random()
                try await attention.keepParked(sequence, as: state)
                try await attention.store(state, leavesMemory: true)
                let bytes = try await attention.open(
                    sequence, tokensMax: prompt.count, from: state, length: length, consumes: true)
                #expect(bytes == cluster.config.stateBytes(tokensMax: prompt.count))
                #expect(try await attention.keptStates().whole.isEmpty)
            }
            #expect(parked.map(\.bits) == alone)
        }
    }

    @Test("a step for a parked sequence, and a state that is not there, are refused by name")
    func refusals() async throws {
        try await ModelCluster.with(Paths.fixture("mixed-original").path, expertHosts: 1) { cluster in
            let attention = try cluster.attention
            var isFirst = true
            let step = await #expect(throws: NoRowsLeft.self) {
                _ = try await cluster.logits([1, 2], chunks: [1, 1]) { sequence in
                    defer { isFirst = false }
                    if !isFirst { try await attention.keepParked(sequence, as: .random()) }
                }
            }
            let error = step?.lost.values.first as? RPCError
            #expect(error?.code == .notFound && error?.message.contains("is not open here") == true)
            let unknown = await #expect(throws: RPCError.self) {
                _ = try await attention.open(77, tokensMax: 5, from: 1_234_567, length: 3)
            }
            #expect(unknown?.code == .notFound)
        }
    }
}
