import AdminMessages
import Foundation
import Testing

@testable import ClusterClient
@testable import CommandLineTool

@Suite("Plan text") struct PlanTextTests {
    private func decoded<Value: Decodable>(_ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(text.utf8))
    }

    private func text(_ plan: String, _ experts: String = PlanSamples.experts) throws -> String {
        PlanText(plan: try decoded(plan), use: try decoded(experts)).text
    }

    @Test(
        """
        it tells what was asked for and what is, who holds what, how long a step takes, which experts are used most, \
        and which attention services there are
        """)
    func whole() throws {
        let lines = try text(PlanSamples.plan).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            Array(lines.prefix(4)) == [
                "Plan 7: mode throughput, 1 copy of 128 experts in 16 layers (asked for: auto, 2 copies).",
                "Drained: host-c",
                "Pinned: expert 3 of layer 0 on host-a", "",
            ])
        #expect(lines[4].hasPrefix("host ") && lines[4].hasSuffix("p99 ms"))
        let cells = lines[5].split(separator: " ").map(String.init)
        #expect(
            cells == [
                "host-a", "unix:/r/a.sock", "loading", "avx2", "16.0", "12.5", "64", "32.125", "6.00", "3.00", "7",
                "0.100",
                "0.250", "1.00",
            ])
        #expect(
            lines[6].split(separator: " ").map(String.init)
                == ["host-b", "10.0.0.2:9000", "empty", "neon", "8.00", "8.00", "0", "0", "0", "0", "0"])
        #expect(
            Array(lines.dropFirst(7)) == [
                "",
                "The experts' part of a step with 4 rows: 1.25 ms measured; "
                    + "predicted 2.00 ms (latency), 1.00 ms (throughput).",
                "",
                "hottest expert     times its layer's mean",
                "layer 2, expert 1                    3.50",
                "layer 0, expert 0                    1.25",
                "Imbalance, a layer's most used expert to its mean: 1.50 in the middle, 3.50 at most, in layer 2.",
                "Left out for lack of capacity: 5 uses.", "",
                "Attention: 2 replicas of 2 parts each (asked for: auto).",
                "name              role    standing         address  kernels  replica    part  memory GB  sequences",
                "attention-1  attention       ready  unix:/r/b.sock     avx2        2  1 of 2       4.00          3",
                "attention-2  attention  connecting   10.0.0.3:9101     neon        -       -       2.00          0",
            ])
    }

    @Test("a cluster without hosts, plan or use says so, and why")
    func empty() throws {
        let text = try text(
            """
            {"attention":{"members":[],"parts":0,"parts_wanted":4,"replicas":0},"copies":1,"copies_held":0,"drained":[],"experts":8,"hosts":[],"layers":1,"measured_seconds":0,\
            "mode":"none","pins":[],"placement":"latency","predictions":[],"problem":"14.2 GiB are missing",\
            "rows_per_step":1,"version":0}
            """, #"{"dropped":0,"hottest":[],"imbalance":[],"recent":[[0,0]],"tokens":[[0,0]]}"#)
        #expect(
            text == """
                No plan yet (asked for: latency, 1 copy) for 8 experts in 1 layers.
                Problem: 14.2 GiB are missing

                No expert host is here.

                The experts' part of a step with 1 row: not measured yet; nothing predicted.

                No expert has been used yet.

                Attention is not arranged yet (asked for: 4).
                No attention service has announced itself.
                """)
    }

    @Test("one replica of one part is told of in the singular")
    func singular() throws {
        let report = AttentionReport(partsWanted: .fixed(1), parts: 1, replicas: 1, members: [])
        #expect(AttentionText(report: report).text.hasPrefix("Attention: 1 replica of 1 part each (asked for: 1)."))
    }

    @Test("a plan is settled when every host holds what it should, as often as asked for")
    func settled() throws {
        let loading: PlanReport = try decoded(PlanSamples.plan)
        #expect(!loading.isSettled(copies: 1))
        let ready = PlanSamples.plan.replacing("\"loading\"", with: "\"ready\"")
        let incomplete: PlanReport = try decoded(ready)
        #expect(!incomplete.isSettled(copies: 1))
        let complete: PlanReport = try decoded(ready.replacing("32.125", with: "64"))
        #expect(complete.isSettled(copies: 1) && !complete.isSettled(copies: 2))
    }
}
