import Foundation
import JSON
import Testing

@testable import Router

/// Kept states outlive processes, and where they do not, nothing is lost but time.
@Suite("Kept states and the loss of processes", .serialized, .inTurn) struct StateLossTests {
    private static let prompt = PrefixPrompts.ids(2000, seed: 9)

    /// A cluster in which a prompt was computed whose state is on disk, and what comes after the prompt.
    private func withStoredState(
        _ attention: [String] = [],
        _ body: (RESTCluster, (transcript: Transcript, cached: Int), String) async throws -> Void
    ) async throws {
        try await Paths.withFolder { folder in
            let states = folder + "/states"
            try await RESTCluster.with(.init(attention: ["--states-folder", states] + attention)) { cluster in
                let first = try await cluster.transcript(of: Self.prompt, salt: "a")
                #expect(first.cached == 0)
                try await eventually("the state is on disk") {
                    try await cluster.metric("minimax_attention_states_on_disk", of: "attention") > 0
                }
                try await body(cluster, first, states)
            }
        }
    }

    private func expectReuse(_ cluster: RESTCluster, _ first: (transcript: Transcript, cached: Int)) async throws {
        try await cluster.waitUntilReady()
        let again = try await cluster.transcript(of: Self.prompt, salt: "a")
        #expect(again.transcript.difference(from: first.transcript) == nil)
        #expect(again.cached >= Self.prompt.count - 64, "\(again.cached) tokens were reused")
    }

    @Test("attention is killed and started anew: the state comes from disk")
    func attention() async throws {
        try await withStoredState { cluster, first, _ in
            try cluster.process("attention").signal(SIGKILL)
            try await eventually("the front notices") { try await !cluster.isReady() }
            try cluster.startAttention()
            try await expectReuse(cluster, first)
        }
    }

    @Test("the router is killed and started anew: it finds the states that attention holds")
    func router() async throws {
        try await withStoredState { cluster, first, _ in
            try cluster.process("router").signal(SIGKILL)
            try await eventually("the router has ended") { try !cluster.process("router").isRunning }
            try cluster.startRouter()
            try await expectReuse(cluster, first)
        }
    }

    @Test("every process is killed and started anew")
    func everything() async throws {
        try await withStoredState { cluster, first, _ in
            for process in cluster.all { process.signal(SIGKILL) }
            try await eventually("all have ended") { cluster.all.allSatisfy { !$0.isRunning } }
            try await cluster.startEverything()
            try await expectReuse(cluster, first)
        }
    }

    @Test("a state's file that was damaged is not used, and the answer is the same")
    func damaged() async throws {
        try await withStoredState { cluster, first, states in
            try cluster.process("attention").signal(SIGKILL)
            try await eventually("the front notices") { try await !cluster.isReady() }
            for file in try FileManager.default.contentsOfDirectory(atPath: states) where file.hasSuffix(".safetensors")
            {
                let handle = try #require(FileHandle(forUpdatingAtPath: "\(states)/\(file)"))
                try handle.seek(toOffset: handle.seekToEndOfFile() - 1000)
                try handle.write(contentsOf: Data([1, 2, 3, 4, 5, 6, 7, 8, 9]))
            }
            try cluster.startAttention()
            try await cluster.waitUntilReady()
            let again = try await cluster.transcript(of: Self.prompt, salt: "a")
            #expect(again.transcript.difference(from: first.transcript) == nil && again.cached == 0)
        }
    }

    /// Rounds beyond the first one; `STATE_ROUNDS` in the environment says how many, and from eight on the memory of
    /// the process must not grow.
    private static let rounds = ProcessInfo.processInfo.environment["STATE_ROUNDS"].flatMap(Int.init) ?? 2

    @Test("two hundred conversations cycle through memory for twenty: none is lost, none is wrong")
    func cycle() async throws {
        try await withStoredState(["--memory-max-mib", "64"]) { cluster, _, _ in
            let prompts = (0 ..< 200).map { PrefixPrompts.ids(500, seed: 100 + UInt64($0)) }
            let first = try await inParallel(prompts.indices, atOnce: 8) { index in
                (index, try await cluster.transcript(of: prompts[index], salt: "a", maxTokens: 8).transcript)
            }
            let expected = Dictionary(uniqueKeysWithValues: first)
            var memory: [Int] = []
            for _ in 0 ..< Self.rounds {
                try await inParallel(prompts.indices, atOnce: 8) { index in
                    let again = try await cluster.transcript(of: prompts[index], salt: "a", maxTokens: 8)
                    #expect(again.transcript == expected[index], "conversation \(index)")
                }
                memory.append(try cluster.process("attention").memory("RssAnon"))
            }
            if memory.count >= 8 {
                let half = memory.count / 2
                #expect(memory[half...].max()! <= memory[..<half].max()! + (8 << 20), "\(memory)")
            }
            #expect(try await cluster.metric("minimax_attention_states_moved_to_disk_total", of: "attention") > 0)
            let used = try await cluster.metric("minimax_attention_state_used_bytes", of: "attention")
            #expect(used <= Double(64 << 20))
        }
    }
}
