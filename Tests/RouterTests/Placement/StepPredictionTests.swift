import Testing

@testable import Router

@Suite("Step prediction") struct StepPredictionTests {
    private let inventory = ExpertInventory(
        layers: Array(repeating: Array(repeating: .init(byteCount: 1000, slicesMax: 8), count: 8), count: 3))
    private let hosts = (0 ..< 4).map { HostOffer(name: "\($0)", memoryBytes: 1 << 30, bandwidth: 1000) }

    private func seconds(
        _ rows: Int, _ wish: PlacementWish, hosts: [HostOffer]? = nil, shares: ExpertShares? = nil, hop: Double = 0
    ) throws -> Double {
        let shares = shares ?? .uniform(inventory)
        let placement = try Planner.plan(inventory, on: self.hosts, shares: shares, wish: wish, previous: nil)
        return StepPrediction.seconds(
            rows: rows, placement, inventory, hosts ?? self.hosts, shares: shares, expertsPerToken: 2, hopSeconds: hop)
    }

    @Test("one row reads two experts: spread over all hosts where they are sliced, on at most two where they are whole")
    func oneRow() throws {
        let sliced = try seconds(1, .init(mode: .latency)), whole = try seconds(1, .init(mode: .throughput))
        #expect(abs(sliced - 3 * 0.5) < 1e-9, "2 experts of a second each, over 4 hosts, in 3 layers")
        #expect(whole >= 3 * 1 && whole < 3 * 1.5)
    }

    @Test("many rows read everything once; a hop a layer comes on top")
    func manyRows() throws {
        for mode in PlacementMode.allCases {
            #expect(abs(try seconds(500, .init(mode: mode)) - 3 * 2) < 1e-9)
            #expect(abs(try seconds(500, .init(mode: mode), hop: 0.5) - 3 * 2.5) < 1e-9)
            #expect(abs(try seconds(1_000_000, .init(mode: mode)) - 3 * 2) < 1e-9)
        }
    }

    @Test("a copy takes work from the busiest host")
    func copies() throws {
        #expect(try seconds(2, .init(mode: .throughput, copies: 2)) < seconds(2, .init(mode: .throughput)))
    }

    @Test("only experts with a share are drawn, whatever the shares are")
    func shares() throws {
        let one = ExpertShares(layers: Array(repeating: [1, 0, 0, 0, 0, 0, 0, 0], count: 3))
        #expect(abs(try seconds(9, .init(mode: .latency), shares: one) - 3 * 0.25) < 1e-9)
        let steep = ExpertShares(layers: Array(repeating: [1, 1e-300, 0, 0, 0, 0, 0, 0], count: 3))
        #expect(abs(try seconds(9, .init(mode: .latency), shares: steep) - 3 * 0.5) < 1e-9)
    }

    @Test("a holder that is not there takes for ever, no rows take no time, and the same question has the same answer")
    func edges() throws {
        #expect(try seconds(500, .init(mode: .latency), hosts: Array(hosts.dropLast())) == .infinity)
        #expect(try seconds(0, .init(mode: .latency), hop: 1) == 0)
        #expect(try seconds(5, .init(mode: .throughput)) == seconds(5, .init(mode: .throughput)))
    }
}

@Suite("Mode chooser") struct ModeChooserTests {
    @Test("the other mode must be 15 % faster five times running")
    func hysteresis() {
        var chooser = ModeChooser(mode: .throughput)
        for _ in 0 ..< 4 { #expect(chooser.look(latency: 0.8, throughput: 1) == .throughput) }
        #expect(chooser.look(latency: 0.9, throughput: 1) == .throughput)
        for _ in 0 ..< 4 { #expect(chooser.look(latency: 0.8, throughput: 1) == .throughput) }
        #expect(chooser.look(latency: 0.8, throughput: 1) == .latency)
        for _ in 0 ..< 20 { #expect(chooser.look(latency: 1, throughput: 0.9) == .latency) }
        for look in 1 ... 5 {
            #expect(chooser.look(latency: 1, throughput: 0.8) == (look < 5 ? .latency : .throughput))
        }
        for _ in 0 ..< 20 { #expect(chooser.look(latency: .nan, throughput: 1) == .throughput) }
    }
}
