import Tensors
import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Placement figures") struct PlacementFiguresTests {
    @Test("the reference comes first and once, and no placement has more copies than hosts")
    func cases() {
        #expect(
            PlacementCase.all(hosts: [2, 1], copies: [1, 2]).map(\.name) == [
                "hosts1.throughput.copies1", "hosts2.throughput.copies1", "hosts2.latency.copies1",
                "hosts2.throughput.copies2", "hosts2.latency.copies2",
                "hosts1.latency.copies1",
            ])
        #expect(
            PlacementCase.all(hosts: [4], copies: [2]).map(\.description)
                == ["1 host, throughput, 1 copy", "4 hosts, throughput, 2 copies", "4 hosts, latency, 2 copies"])
        #expect(
            PlacementCase(hosts: 4, mode: .latency, copies: 2).routerFlags
                == ["--placement", "latency", "--copies", "2", "--attention-parts", "1"])
    }

    @Test("one attention service goes without saying; more are in the name")
    func attention() {
        let cases = PlacementCase.all(hosts: [1], copies: [1], attention: [1, 2])
        #expect(
            cases.map(\.name) == [
                "hosts1.throughput.copies1", "hosts1.latency.copies1", "hosts1.throughput.copies1.attention2",
                "hosts1.latency.copies1.attention2",
            ])
        #expect(cases.last?.description == "1 host, latency, 1 copy, 2 attention services")
    }

    @Test("attention services are cut into as many parts as they can all have")
    func parts() {
        let cases = PlacementCase.all(
            hosts: [2], copies: [1], attention: [1, 4], parts: [1, 2, 8], modes: [.latency])
        #expect(
            cases.map(\.name) == [
                "hosts1.throughput.copies1", "hosts2.latency.copies1", "hosts2.latency.copies1.attention4",
                "hosts2.latency.copies1.attention4.parts2",
            ])
        #expect(cases.last?.description == "2 hosts, latency, 1 copy, 4 attention services, 2 parts")
        #expect(cases.last?.replicas == 2 && cases.last?.routerFlags.suffix(2) == ["--attention-parts", "2"])
    }

    @Test("what bytes allow: every part reads its share, every replica all, and all hosts their experts")
    func ceiling() {
        // 100 bytes of attention, 20 of the head, 8 experts of 10 bytes, two for each token.
        let weights = ActiveWeights(
            dense: .init(bytes: 100, elements: 50), head: .init(bytes: 20, elements: 10),
            experts: .init(bytes: 80, elements: 40), expertCount: 8, expertsPerToken: 2, expertType: .bfloat16)
        let ceiling = PlacementCeiling(weights: weights, threads: 2, cores: 16)
        func rate(_ placement: PlacementCase, _ batch: Int = 1) -> Double {
            ceiling.tokensPerSecond(placement, batch: batch) { 10 * Double($0) }
        }
        let one = PlacementCase(hosts: 1, mode: .latency, copies: 1)
        #expect(rate(one) == 1 / 7.0)
        let cut = PlacementCase(hosts: 2, mode: .latency, copies: 1, attention: 4, parts: 4)
        #expect(rate(cut) == 1 / 2.0)
        let replicas = PlacementCase(hosts: 8, mode: .throughput, copies: 1, attention: 4, parts: 2)
        #expect(rate(replicas) == 1 / 3.5, "one sequence is on one replica, and its experts on two hosts")
        #expect(ceiling.readers(replicas, batch: 16).attention == 8)
        #expect(ceiling.readers(PlacementCase(hosts: 64, mode: .latency, copies: 1), batch: 1).experts == 16)
    }

    @Test("each round is compared with its own reference")
    func ratios() {
        var figures = PlacementFigures(cases: PlacementCase.all(hosts: [2], copies: [1]), batches: [1, 16])
        let ceilings: [[Double]] = [[40, 400], [40, 400], [50, 500]]
        figures.add([[10, 100], [20, 100], [5, 150]], ceilings: ceilings)
        // The machine is twice as fast with one sequence.
        figures.add([[20, 100], [40, 100], [10, 150]], ceilings: ceilings)
        figures.add([[10, 100], [20, 100], [5, 150]], ceilings: ceilings)
        let found = Dictionary(uniqueKeysWithValues: figures.measurements("p").map { ($0.name, $0) })
        #expect(found.count == 12)
        #expect(
            found["p.hosts2.throughput.copies1.batch1"]
                == Measurement(name: "p.hosts2.throughput.copies1.batch1", value: 20, unit: "tokens/s", ceiling: 40))
        #expect(
            found["p.hosts2.throughput.copies1.batch1.ratio"]
                == Measurement(name: "p.hosts2.throughput.copies1.batch1.ratio", value: 2, unit: "ratio"))
        #expect(found["p.hosts2.latency.copies1.batch16.ratio"]?.value == 1.5)
        #expect(figures.table.rows[2] == ["2 hosts, latency, 1 copy", "5.00", "0.50", "50.0", "150", "1.50", "500"])
        let columns = [1, 16].flatMap { ["batch \($0), tokens/s", "ratio", "bytes allow"] }
        #expect(figures.table.header == [""] + columns)
    }
}
