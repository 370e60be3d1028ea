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
                == ["--placement", "latency", "--copies", "2"])
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

    @Test("each round is compared with its own reference")
    func ratios() {
        var figures = PlacementFigures(cases: PlacementCase.all(hosts: [2], copies: [1]), batches: [1, 16])
        figures.add([[10, 100], [20, 100], [5, 150]])
        figures.add([[20, 100], [40, 100], [10, 150]])        // the machine is twice as fast with one sequence
        figures.add([[10, 100], [20, 100], [5, 150]])
        let found = Dictionary(uniqueKeysWithValues: figures.measurements("p").map { ($0.name, $0) })
        #expect(found.count == 12)
        #expect(
            found["p.hosts2.throughput.copies1.batch1"]
                == Measurement(name: "p.hosts2.throughput.copies1.batch1", value: 20, unit: "tokens/s"))
        #expect(
            found["p.hosts2.throughput.copies1.batch1.ratio"]
                == Measurement(name: "p.hosts2.throughput.copies1.batch1.ratio", value: 2, unit: "ratio"))
        #expect(found["p.hosts2.latency.copies1.batch16.ratio"]?.value == 1.5)
        #expect(figures.table.rows[2] == ["2 hosts, latency, 1 copy", "5.00", "0.50", "150", "1.50"])
        #expect(figures.table.header == ["", "batch 1, tokens/s", "ratio", "batch 16, tokens/s", "ratio"])
    }
}
