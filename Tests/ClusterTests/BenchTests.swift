import Foundation
import JSON
import Testing

/// `minimax bench` as a person runs it, over real processes; nothing here looks at how fast they are.
@Suite("minimax bench", .serialized, .inTurn) struct BenchTests {
    private struct Line: Decodable {
        var name: String, value: Double, unit: String
        var ceiling: Double?, share: Double?
    }

    /// The lines of JSON among what the command wrote.
    private func run(_ arguments: [String]) async throws -> [String: Line] {
        try await Paths.withFolder { folder in
            let process = try ServiceProcess(
                "minimax", ["bench"] + arguments + ["--json"], folder: folder, stopsWithInput: false,
                environment: ["XDG_RUNTIME_DIR": folder])
            await process.waitForExit()
            #expect(process.exitStatus == 0, "\(process.log)")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("minimax-") }
            #expect(left == [])
            let lines = try process.log.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            return Dictionary(uniqueKeysWithValues: lines.map { ($0.name, $0) })
        }
    }

    @Test("decode drives a whole cluster and leaves nothing behind")
    func decode() async throws {
        let lines = try await run([
            "decode", "--model", Paths.demo, "--context", "20,40", "--tokens", "6", "--repeat", "1",
        ])
        #expect(lines["decode.bf16.exact.context20.batch1.bytes_per_step"]?.value == 19.90656)
        for context in [20, 40] {
            let speed = try #require(lines["decode.bf16.exact.context\(context).batch1"])
            #expect(speed.value > 0 && speed.unit == "tokens/s" && speed.share != nil)
            try expectCalls(lines, "decode.bf16.exact.context\(context).batch1", layers: 16, hosts: 2)
        }
    }

    /// What a step's calls were: of attention one for each layer, the embedding and the logits; of experts one or two
    /// for each layer's two, more where a whole expert is in slices.
    private func expectCalls(_ lines: [String: Line], _ name: String, layers: Double, hosts: Double) throws {
        func value(_ what: String) throws -> Double { try #require(lines["\(name).\(what)"], "\(what)").value }
        let attention = try value("attention.calls_per_step"), experts = try value("experts.calls_per_step")
        // The counters are read while steps are under way, so calls and steps need not fit to the last one.
        #expect(abs(attention - (layers + 2)) < 6, "\(attention)")
        #expect(experts > layers / 2 && experts < hosts * layers * 1.5, "\(experts)")
        for service in ["attention", "experts"] {
            let time = try value("\(service).time_per_call"), compute = try value("\(service).compute_per_call")
            #expect(compute > 0 && compute < time, "\(service): \(compute) of \(time) µs")
            #expect(try value("\(service).waiting_per_call") >= 0)
            #expect(try value("\(service).wakeups_per_call") >= value("\(service).involuntary_wakeups_per_call"))
        }
        #expect(try value("wakeups_per_call") > 0)
        #expect(try value("step") >= value("step.attention"))
    }

    @Test("several sequences at a time are timed while all of them generate")
    func batch() async throws {
        let lines = try await run([
            "decode", "--model", Paths.demo, "--context", "8", "--tokens", "20", "--batch", "3,12", "--repeat", "1",
        ])
        #expect(lines["decode.bf16.exact.context8.batch12.wakeups_per_call"] != nil)
        for batch in [3, 12] {
            #expect(try #require(lines["decode.bf16.exact.context8.batch\(batch)"]).value > 0)
            #expect(try #require(lines["decode.bf16.exact.context8.batch\(batch).arithmetic"]).share != nil)
        }
    }

    @Test("prefill compares contexts, in either arithmetic", arguments: ["exact", "fast"])
    func prefill(arithmetic: String) async throws {
        let lines = try await run([
            "prefill", "--model", Paths.demo, "--context", "64,128", "--arithmetic", arithmetic, "--repeat", "1",
        ])
        #expect(try #require(lines["prefill.bf16.\(arithmetic).context64.batch1"]).value > 0)
        #expect(try #require(lines["prefill.bf16.\(arithmetic).context64.batch1.arithmetic"]).share != nil)
        #expect(try #require(lines["prefill.bf16.\(arithmetic).context128.batch1.time_ratio_to_context64"]).value > 0)
    }

    @Test("threads starts a cluster for every number of them")
    func threads() async throws {
        let lines = try await run([
            "threads", "--model", Paths.demo, "--threads-list", "1,2", "--batch", "1,3", "--context", "8", "--tokens",
            "8",
            "--prefill", "64", "--repeat", "1",
        ])
        for threads in [1, 2] {
            for what in ["decode.batch1", "decode.batch3", "prefill"] {
                let name = "threads.bf16.exact.threads\(threads).\(what)"
                #expect(try #require(lines[name]).value > 0 && lines[name]?.share != nil)
                #expect(lines["\(name).growth"] != nil)
            }
        }
    }

    @Test("hop starts its own second process, and a model's services")
    func hop() async throws {
        let lines = try await run(["hop", "--model", Paths.demo, "--repeat", "1"])
        let echoes = 4 * 3 + 2, calls = 3 * 3
        #expect(lines.count == echoes + calls)
        #expect(["lightning", "softmax", "expert"].allSatisfy { lines["hop.\($0).p50"] != nil })
        #expect(lines.values.allSatisfy { $0.value > 0 && $0.ceiling != nil && $0.share != nil })
    }

    @Test("serve ends every request of an open loop right, counts by key, and takes nothing with it")
    func serve() async throws {
        let load = [
            "--rate", "20", "--requests", "30", "--prompt-tokens", "uniform:5-30", "--answer-tokens", "lognormal:6,0.5",
            "--keys", "A:3,B:1",
        ]
        let lines = try await run(["serve", "--model", Paths.demo, "--hang-ups", "0.2", "--target-ttft", "60"] + load)
        func value(_ name: String) throws -> Double {
            try #require(lines["serve.bf16.exact.rate20.\(name)"], "\(name)").value
        }
        let outcomes = try ["ok", "429", "503", "hung_up"].map { try value("outcome.\($0)") }
        #expect(outcomes.reduce(0, +) == 30 && outcomes[0] > 0)
        #expect(try value("outcome.wrong_ending") == 0 && value("outcome.failed") == 0)
        #expect(try value("key.A.outcome.ok") + value("key.B.outcome.ok") == outcomes[0])
        #expect(try value("ttft.p50") > 0 && value("itl.p99") > 0 && value("throughput") > 0)
        #expect(try value("goodput") == value("requests"))
        #expect(try value("memory.warm") > 0 && value("descriptors.after") > 0)
    }

    @Test("failover kills the attention service that has the answer, which another one goes on with")
    func failover() async throws {
        let lines = try await run([
            "failover", "--model", Paths.demo, "--lose", "attention", "--attention-hosts", "2", "--copies", "1",
            "--rounds", "1", "--tokens", "60",
        ])
        func value(_ name: String) throws -> Double {
            try #require(lines["failover.bf16.exact.attention.\(name)"], "\(name)").value
        }
        #expect(try value("same_text") == 1 && value("rounds") == 1)
        #expect(try value("gap_before.max") > 0 && value("gap_after.max") > 0 && value("reading.max") > 0)
        // One round: what is left of the growth is the difference, but for rounding.
        let rest = try value("gap_after.max") - value("gap_before.max") - value("reading.max")
        #expect(abs(try value("growth_less_reading.max") - rest) < 1e-6)
    }

    @Test("drain stops the attention service with the sessions, and finds all of them on the other one")
    func drain() async throws {
        let lines = try await run([
            "drain", "--model", Paths.demo, "--sessions", "3", "--context", "100", "--streams", "2", "--tokens", "400",
            "--rounds", "1",
        ])
        func value(_ name: String) throws -> Double {
            try #require(lines["drain.bf16.exact.\(name)"], "\(name)").value
        }
        #expect(try value("exits_in_order") == 1 && value("exit_time.max") <= value("grace"))
        #expect(try value("sessions") == 3 && value("sessions_held") > 0)
        #expect(try value("sessions_right") == 3 && value("sessions_kept") == 3)
        #expect(try value("streams_same_text") == 2 && value("gap_after.max") > 0)
    }

    @Test("serve finds the capacity, and loads the cluster with multiples of it")
    func capacity() async throws {
        let lines = try await run([
            "serve", "--model", Paths.demo, "--load", "0.5", "--duration", "1", "--capacity-seconds", "2", "--streams",
            "4", "--prompt-tokens", "8", "--answer-tokens", "8",
        ])
        #expect(try #require(lines["serve.bf16.exact.capacity"]).value > 0)
        #expect(lines["serve.bf16.exact.load0.5.outcome.ok"] != nil)
    }
}
