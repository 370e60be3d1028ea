import ArgumentParser
import Testing

@testable import Benchmarks

@Suite("Bench arguments") struct BenchArgumentTests {
    @Test(
        "senseless ones are refused with a sentence that names the flag",
        arguments: [
            (["machine", "--repeat", "0"], "'--repeat'"),
            (["machine", "--repeat", "many"], "many"),
            (["machine", "--threads", "0"], "'--threads'"),
            (["machine", "--threads", "5000"], "'--threads'"),
            (["machine", "--shape"], "--shape"),
            (["no-such-bench"], "no-such-bench"),
            (["kernels", "--kernels", "sse9"], "--kernels"),
            (["kernels", "--outputs", "0"], "'--outputs'"),
            (["kernels", "--outputs", "65536", "--columns", "65536"], "too large"),
            (["tokenizer"], "--model"),
            (["hop", "--threads", "0"], "'--threads'"),
            (["decode"], "--model"),
            (["decode", "--model", "m", "--tokens", "1"], "'--tokens'"),
            (["decode", "--model", "m", "--batch", "513"], "'--batch'"),
            (["decode", "--model", "m", "--batch", "1,0"], "--batch"),
            (["decode", "--model", "m", "--expert-hosts", "0"], "'--expert-hosts'"),
            (["prefill", "--model", "m", "--context", "2048,"], "--context"),
            (["prefill", "--model", "m", "--context", "0"], "--context"),
            (["prefill", "--model", "m", "--context", "9999999999999999999"], "--context"),
            (["prefill", "--model", "m", "--seed", "-1"], "--seed"),
            (["failover"], "--model"),
            (["failover", "--model", "m", "--copies", "1,4"], "'--copies'"),
            (["failover", "--model", "m", "--rounds", "0"], "'--rounds'"),
            (["failover", "--model", "m", "--tokens", "15"], "'--tokens'"),
            (["failover", "--model", "m", "--context", "0"], "'--context'"),
            (["failover", "--model", "m", "--router-flags", "--copies 3"], "'--router-flags' has --copies"),
            (["failover", "--model", "m", "--router-flags", "--port=1"], "'--router-flags' has --port=1"),
            (["failover", "--model", "m", "--lose", "router"], "--lose"),
            (["failover", "--model", "m", "--lose", "attention"], "'--attention-hosts' of at least 2, not 1"),
            (["drain"], "--model"),
            (["drain", "--model", "m", "--attention-hosts", "1"], "'--attention-hosts' takes a number from 2"),
            (["drain", "--model", "m", "--sessions", "0"], "'--sessions'"),
            (["drain", "--model", "m", "--context", "15"], "'--context'"),
            (["drain", "--model", "m", "--streams", "65"], "'--streams'"),
            (["drain", "--model", "m", "--tokens", "15"], "'--tokens'"),
            (["drain", "--model", "m", "--rounds", "0"], "'--rounds'"),
            (["drain", "--model", "m", "--drain-seconds", "-1"], "--drain-seconds"),
            (
                ["drain", "--model", "m", "--router-flags", "--prefix-reuse=off"],
                "'--router-flags' has --prefix-reuse=off"
            ),
            (["placement"], "--model"),
            (["placement", "--model", "m", "--expert-hosts", "1,0"], "--expert-hosts"),
            (["placement", "--model", "m", "--expert-hosts", "1,257"], "'--expert-hosts'"),
            (["placement", "--model", "m", "--attention-hosts", "1,257"], "'--attention-hosts'"),
            (["failover", "--model", "m", "--attention-hosts", "0"], "'--attention-hosts'"),
            (["threads", "--model", "m", "--attention-hosts", "0"], "'--attention-hosts'"),
            (["decode", "--model", "m", "--attention-hosts", "0"], "'--attention-hosts'"),
            (["placement", "--model", "m", "--expert-hosts", "1,2", "--copies", "3"], "'--copies'"),
            (["placement", "--model", "m", "--batch", "513"], "'--batch'"),
            (["placement", "--model", "m", "--context", "0"], "'--context'"),
            (["placement", "--model", "m", "--tokens", "1"], "'--tokens'"),
            (["placement", "--model", "m", "--threads", "0"], "'--threads'"),
            (
                ["placement", "--model", "m", "--router-flags", "--placement=auto"],
                "'--router-flags' has --placement=auto"
            ),
            (["threads"], "--model"),
            (["threads", "--model", "m", "--threads", "2"], "'--threads-list'"),
            (["threads", "--model", "m", "--threads-list", "1,0"], "--threads-list"),
            (["threads", "--model", "m", "--threads-list", "8192"], "'--threads-list'"),
            (["threads", "--model", "m", "--batch", "513"], "'--batch'"),
            (["threads", "--model", "m", "--prefill", "0"], "'--prefill'"),
            (["sessions", "--parts", "turns,none"], "--parts"),
            (["sessions", "--context", "1000"], "'--context'"),
            (["sessions", "--repeat", "0"], "'--repeat'"),
            (["sessions", "--router-flags", "--prefix-reuse=off"], "'--router-flags' has --prefix-reuse=off"),
            (["serve", "--model", "m"], "'--rate'"),
            (["serve", "--rate", "1"], "--model"),
            (["serve", "--model", "m", "--rate", "1,0"], "--rate"),
            (["serve", "--model", "m", "--rate", "nan"], "--rate"),
            (["serve", "--model", "m", "--rate", "1", "--load", "1"], "'--load'"),
            (["serve", "--model", "m", "--rate", "1", "--duration", "0"], "'--duration'"),
            (["serve", "--model", "m", "--rate", "1", "--duration", "nan"], "'--duration'"),
            (["serve", "--model", "m", "--rate", "1", "--duration", "1", "--requests", "1"], "'--requests'"),
            (["serve", "--model", "m", "--rate", "1", "--requests", "0"], "'--requests'"),
            (["serve", "--model", "m", "--rate", "100000", "--duration", "1000"], "1000000 requests"),
            (["serve", "--model", "m", "--rate", "1", "--hang-ups", "0.6", "--slow-readers", "0.6"], "'--hang-ups'"),
            (["serve", "--model", "m", "--rate", "1", "--hang-ups", "nan"], "'--hang-ups'"),
            (["serve", "--model", "m", "--rate", "1", "--keys", "A:0"], "--keys"),
            (["serve", "--model", "m", "--rate", "1", "--prompt-tokens", "uniform:9-1"], "--prompt-tokens"),
            (["serve", "--model", "m", "--rate", "1", "--target-ttft", "-1"], "--target-ttft"),
            (["serve", "--model", "m", "--rate", "1", "--target-itl", "0"], "'--target-itl'"),
            (["serve", "--model", "m", "--load", "1", "--streams", "0"], "'--streams'"),
            (["serve", "--model", "m", "--trace", "f", "--keys", "A:1"], "'--trace'"),
        ])
    func refused(arguments: [String], named: String) {
        let error = #expect(throws: (any Error).self) { try BenchCommand.parseAsRoot(arguments) }
        let message = error.map { BenchCommand.fullMessage(for: $0) } ?? ""
        #expect(message.contains(named), "\(message)")
        #expect(error.map { BenchCommand.exitCode(for: $0).rawValue } == 64)
    }

    @Test("every benchmark has five rounds and a table unless told otherwise")
    func defaults() throws {
        let command = try #require(try BenchCommand.parseAsRoot(["machine"]) as? MachineBench)
        #expect(command.options.rounds == 5)
        #expect(!command.options.json)
    }

    @Test("contexts are numbers with commas between")
    func contexts() {
        #expect(CountList(argument: "2048,32768") == CountList(2048, 32768))
        #expect(CountList(argument: "1")?.counts == [1])
        #expect(CountList(argument: "") == nil)
    }

    @Test("every batch is measured at every context, by a router that has a place for each sequence")
    func batches() throws {
        let options = try BatchOptions.parse(["--context", "10,20", "--batch", "1,64"])
        #expect(
            options.cases(contextDefault: 5).map(\.name)
                == ["context10.batch1", "context10.batch64", "context20.batch1", "context20.batch64"])
        #expect(options.routerFlags == ["--sequences-max", "64", "--inter-token-target-ms", "60000"])
        let bare = try BatchOptions.parse([])
        #expect(bare.cases(contextDefault: 5) == [.init(context: 5, batch: 1)])
        #expect(bare.routerFlags == ["--sequences-max", "8", "--inter-token-target-ms", "60000"])
    }
}
