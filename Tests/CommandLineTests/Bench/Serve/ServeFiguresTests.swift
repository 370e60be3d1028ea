import ArgumentParser
import Console
import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Serve figures") struct ServeFiguresTests {
    private func record(
        sent: Double, tokens: [Double], ended: Double? = nil, _ outcome: Outcome = .ok, key: String? = nil,
        _ behaviour: LoadItem.Behaviour = .reads
    ) -> RequestRecord {
        let item = LoadItem(at: sent, promptTokens: 1, answerTokens: tokens.count, key: key, behaviour: behaviour)
        return RequestRecord(
            item: item, sent: sent, tokens: tokens, ended: ended ?? tokens.last ?? sent, outcome: outcome)
    }

    private func targets(_ arguments: String...) throws -> ServeTargets { try ServeTargets.parse(arguments) }

    private func values(
        _ records: [RequestRecord], _ targets: ServeTargets, trend: UsageTrend? = nil
    ) -> [String: Double] {
        let figures = ServeFigures(records, targets: targets, trend: trend).figures
        return Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.value) })
    }

    @Test(
        """
        rates are of the time from the first request to the last end; slow readers' times do not count, their tokens \
        do
        """)
    func rates() throws {
        let found = values(
            [
                record(sent: 0, tokens: [1, 2, 4]), record(sent: 1, tokens: [1.5, 10], .ok, .readsSlowly),
                record(sent: 4, tokens: [], .tooMany),
                record(sent: 5, tokens: [5.5], .hungUp),
            ], try targets())
        #expect(found["offered"] == 0.8)
        #expect(found["requests"] == 0.2)
        #expect(found["throughput"] == 0.6)
        #expect(found["goodput"] == nil)
        #expect(found["ttft.p50"] == 500 && found["ttft.p99"] == 1000)
        #expect(found["itl.p50"] == 1000 && found["itl.max"] == 2000)
        #expect(found["e2e.p50"] == 4)
        #expect(
            found["outcome.ok"] == 2 && found["outcome.429"] == 1 && found["outcome.hung_up"] == 1
                && found["outcome.failed"] == 0)
    }

    @Test("an answer is good if it ended right, began in time and went on in time")
    func goodput() throws {
        let records = [
            record(sent: 0, tokens: [0.5, 0.6, 0.9]), record(sent: 0, tokens: [2, 2.1]),
            record(sent: 0, tokens: [0.5, 1.5]),
            record(sent: 0, tokens: [0.5, 0.6], ended: 10, .wrongEnding("")), record(sent: 0, tokens: [1]),
        ]
        #expect(values(records, try targets("--target-ttft", "1", "--target-itl", "200"))["goodput"] == 0.2)
        #expect(values(records, try targets("--target-ttft", "1"))["goodput"] == 0.3)
        #expect(values(records, try targets("--target-itl", "100.0001"))["goodput"] == 0.2)
    }

    @Test("each key has figures of its own, over the same time")
    func keys() throws {
        let found = values(
            [
                record(sent: 0, tokens: [1], ended: 4, key: "A"), record(sent: 0, tokens: [3], key: "B"),
                record(sent: 1, tokens: [1.5], key: "B"),
            ], try targets())
        #expect(found["key.A.requests"] == 0.25 && found["key.B.requests"] == 0.5)
        #expect(found["key.A.ttft.p50"] == 1000 && found["key.B.ttft.p50"] == 500 && found["key.B.ttft.p99"] == 3000)
        #expect(found["key.B.outcome.ok"] == 2)
        #expect(found["ttft.p50"] == 1000)
    }

    @Test("of nothing there are counts, and no times")
    func nothing() throws {
        let found = values([record(sent: 1, tokens: [], .unavailable)], try targets())
        #expect(found["ttft.p50"]?.isNaN == true && found["itl.max"]?.isNaN == true)
        #expect(found["outcome.503"] == 1 && found["requests"] == 0)
    }

    @Test(
        "faults are what is neither right, nor refused for load, nor our own hanging up; the most frequent come first")
    func faults() throws {
        let records = [Outcome.ok, .tooMany, .unavailable, .hungUp, .failed("b"), .wrongEnding("a"), .failed("b")].map {
            record(sent: 0, tokens: [], $0)
        }
        let faults = ServeFigures(records, targets: try targets(), trend: nil).faults
        #expect(faults == ["b", "a", "b"])
        #expect(ServeBench.counted(faults).map(\.reason) == ["b", "a"])
        #expect(ServeBench.counted((0 ..< 9).map { "\($0)" }).count == 5)
    }

    @Test("growth is from the second tenth of the time to the last")
    func trend() throws {
        func sample(_ at: Double, _ megabytes: Int, _ descriptors: Int) -> UsageTrend.Sample {
            .init(at: at, usage: ClusterUsage(anonymousBytes: megabytes * 1_000_000, descriptors: descriptors))
        }
        let samples = [
            sample(0, 10, 1), sample(5, 50, 3), sample(12, 100, 10), sample(14, 110, 11), sample(19, 105, 12),
            sample(50, 300, 99), sample(95, 130, 12), sample(120, 20, 2),
        ]
        let found = values([], try targets(), trend: UsageTrend(samples, seconds: 100))
        #expect(
            found["memory.before"] == 10 && found["memory.warm"] == 105 && found["memory.end"] == 130
                && found["memory.growth"] == 25 && found["memory.after"] == 20)
        #expect(found["descriptors.growth"] == 1 && found["descriptors.after"] == 2)
        #expect(UsageTrend(samples, seconds: 1e6) == nil)
        #expect(UsageTrend([], seconds: 1) == nil)
    }

    @Test("loads stand side by side for people; programs get one line for each figure")
    func report() {
        func load(_ name: String, _ value: Double) -> ServeReport.Load {
            .init(
                name: "rate\(name)", title: "rate \(name)",
                figures: [
                    .init(name: "requests", label: "answered", value: value, unit: "requests/s"),
                    .init(name: "outcome.ok", label: "answered right", value: 12, unit: "requests"),
                ])
        }
        let report = ServeReport(what: "serve.bf16.exact", capacity: 3, loads: [load("1", 1), load("2", .nan)])
        #expect(
            report.tables.flatMap(\.lines) == [
                "                            rate 1  rate 2",
                "capacity        requests/s    3.00    3.00",
                "answered        requests/s    1.00       –",
                "answered right    requests      12      12",
            ])
        #expect(
            report.measurements.map(\.name) == [
                "serve.bf16.exact.capacity", "serve.bf16.exact.rate1.requests", "serve.bf16.exact.rate1.outcome.ok",
                "serve.bf16.exact.rate2.requests",
                "serve.bf16.exact.rate2.outcome.ok",
            ])
        #expect(report.measurements[3].json.contains("null"))
    }

    @Test("the capacity is what tokens came after the warming up, as answers of the mean length")
    func capacity() throws {
        let records = [record(sent: 0, tokens: [1, 3, 5, 7]), record(sent: 2, tokens: [4, 9, 11], .hungUp)]
        #expect(try CapacityMeter.requestsPerSecond(records, from: 2, to: 10, meanAnswerTokens: 2.5) == 0.25)
        #expect(throws: StartError.self) {
            try CapacityMeter.requestsPerSecond(records, from: 12, to: 20, meanAnswerTokens: 2)
        }
        let error = #expect(throws: StartError.self) {
            try CapacityMeter.requestsPerSecond(
                records + [record(sent: 0, tokens: [], .failed("why"))], from: 0, to: 9, meanAnswerTokens: 1)
        }
        #expect(error?.description == "the capacity cannot be measured: why")
    }

    @Test("the line of a running load counts who is where")
    func progress() {
        let progress = LoadProgress()
        for _ in 0 ..< 7 { progress.sent() }
        for kind in [Outcome.Kind.ok, .ok, .tooMany, .unavailable, .wrongEnding] { progress.ended(kind) }
        let counts = "7 sent, 2 running, 2 done, 2 refused, 1 failed"
        #expect(progress.counts.line(after: 17, of: 60) == "\(counts); 17 s of 1 min 0 s")
        progress.sentAll()
        progress.ended(.hungUp)
        let later = "7 sent, 1 running, 2 done, 2 refused, 1 hung up, 1 failed"
        #expect(progress.counts.line(after: 61, of: 60) == "\(later); 1 min 1 s, waiting for the last")
    }
}
