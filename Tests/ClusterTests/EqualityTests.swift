import Foundation
import JSON
import Messages
import Tensors
import Testing

@testable import Router

/// The equality promise: the logits after a token prefix are one sequence of bytes, whatever went on around them.
@Suite("Equality", .serialized, .inTurn) struct EqualityTests {
    static let prompt: [UInt32] = (0 ..< 301).map { (index: UInt32) in (index * 7919 + index * index * 31) % 4088 }

    @Test("1, 2 and 3 expert hosts give the same bytes, in one piece, in random chunks and token by token")
    func hostsAndChunks() async throws {
        var reference: [[UInt32]]?        // after every token, as bit patterns
        for hosts in 1 ... 3 {
            let results = try await ModelCluster.with(Paths.demo, expertHosts: hosts) { cluster in
                let single = try await cluster.logits(
                    Self.prompt, chunks: [Int](repeating: 1, count: Self.prompt.count)
                ).map(\.bits)
                #expect(
                    try await cluster.logits(Self.prompt, chunks: [Self.prompt.count]).map(\.bits) == [
                        single[Self.prompt.count - 1]
                    ], "\(hosts) hosts, one piece")
                var random = SystemRandomNumberGenerator()
                for _ in 0 ..< 4 {
                    let chunks = randomChunks(of: Self.prompt.count, &random)
                    var end = 0
                    for (count, logits) in zip(chunks, try await cluster.logits(Self.prompt, chunks: chunks)) {
                        end += count
                        #expect(logits.bits == single[end - 1], "\(hosts) hosts, chunks \(chunks), after token \(end)")
                    }
                }
                return single
            }
            if let reference { #expect(results == reference, "\(hosts) hosts") } else { reference = results }
        }
    }

    @Test("every instruction set gives the same bytes, with any number of threads")
    func tables() async throws {
        let chunks = [200, 1, 1, 98, 1]
        var reference: [[UInt32]]?
        for (index, kernels) in Kernels.supported.enumerated() {
            let logits = try await ModelCluster.with(
                Paths.demo, flags: ["--kernels", kernels.name, "--threads", "\(index + 1)"]
            ) {
                try await $0.logits(Self.prompt, chunks: chunks).map(\.bits)
            }
            if let reference { #expect(logits == reference, "\(kernels.name)") } else { reference = logits }
        }
        #expect(reference != nil)
    }

    /// Softmax layers cut positions into ranges of 4096, which several threads share where there are few rows.
    @Test("prompts of several ranges of positions give the same bytes in any chunks, with 1 and with 5 threads")
    func ranges() async throws {
        let prompt: [UInt32] = (0 ..< 8300).map { (index: UInt32) in (index * 7919 + index * index * 31) % 4088 }
        var reference: [[UInt32]] = []
        for (threads, chunks) in [
            (1, [4000, 4000, 300]), (5, [4000, 4000, 300]), (5, [4000, 95, 1, 1, 3903, 290, 9, 1]),
            (1, [4000, 95, 1, 1, 3903, 290, 9, 1]),
        ] {
            let logits = try await ModelCluster.with(Paths.demo, flags: ["--threads", "\(threads)"]) {
                try await $0.logits(prompt, chunks: chunks).map(\.bits)
            }
            let points = [logits.last!, logits[chunks.count == 3 ? 1 : 4]]
            if reference.isEmpty { reference = points }
            #expect(points == reference, "\(threads) threads, chunks \(chunks)")
        }
    }

    @Test("a sequence beside two others gives the bytes it gives alone")
    func besideOthers() async throws {
        try await ModelCluster.with(Paths.demo, expertHosts: 2) { cluster in
            let steps = [200] + [Int](repeating: 1, count: 40)
            let prompt = Array(Self.prompt.prefix(240))
            let alone = try await cluster.logits(prompt, chunks: steps).map(\.bits)
            let together = try await withThrowingTaskGroup(of: (Int, [[UInt32]]).self) { tasks in
                for index in 0 ..< 3 {
                    let own = index == 0 ? prompt : Array(prompt.reversed())
                    let chunks = index == 0 ? steps : [Int](repeating: 1 + index * 3, count: 240 / (1 + index * 3))
                    tasks.addTask { (index, try await cluster.logits(own, chunks: chunks).map(\.bits)) }
                }
                return try await tasks.first { $0.0 == 0 }!.1
            }
            #expect(together == alone)
        }
    }

    @Test(
        "odd shapes keep the promise: a sliding window, a shared expert, one layer",
        arguments: ["sliding-window", "shared-expert-list", "odd-sizes", "one-layer"])
    func oddShapes(name: String) async throws {
        let prompt: [UInt32] = (0 ..< 150).map { (index: UInt32) in (index * 37 + 11) % 90 }
        let bytes = try await ModelCluster.with(Paths.fixture(name).path, expertHosts: 3) { cluster in
            let single = try await cluster.logits(prompt, chunks: [Int](repeating: 1, count: prompt.count)).map(\.bits)
            #expect(
                try await cluster.logits(prompt, chunks: [63, 2, 64, 21]).map(\.bits) == [
                    single[62], single[64], single[128], single[149],
                ])
            return single
        }
        let other = try await ModelCluster.with(Paths.fixture(name).path, expertHosts: 1) {
            try await $0.logits(prompt, chunks: [prompt.count])
        }
        #expect(other.map(\.bits) == [bytes[prompt.count - 1]])
    }
}

/// Positive counts that add up to `total`, of very different sizes.
func randomChunks(of total: Int, _ random: inout some RandomNumberGenerator) -> [Int] {
    var chunks: [Int] = [], left = total
    while left > 0 {
        let most = [1, 3, 64, 65, 200].randomElement(using: &random)!
        chunks.append(min(left, Int.random(in: 1 ... most, using: &random)))
        left -= chunks[chunks.count - 1]
    }
    return chunks
}

extension [Float] {
    /// Equal bytes, and not merely equal values: NaN equals itself, -0 differs from 0.
    var bits: [UInt32] { map(\.bitPattern) }
}
