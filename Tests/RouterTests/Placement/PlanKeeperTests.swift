import AdminMessages
import Testing

@testable import Router

@Suite("Plan keeper") struct PlanKeeperTests {
    private static let inventory = TestHosts.inventory(layers: 3, experts: 4)
    private static let allBytes = 3 * 4 * 800
    private static let everything = TestMembers.everything(inventory)

    /// Hosts of one machine each, unless they are said to share one.
    private func candidates(
        _ names: [String], memoryBytes: Int = 1 << 30, machine: String? = nil, bandwidth: Double = 1e9,
        measurements: Int = 0
    ) -> [PlanKeeper.Candidate] {
        names.map { name in
            let kind = HostSpeeds.Kind(machine: machine ?? name, kernels: "avx2", threads: 1)
            let measured = HostSpeeds.Host(
                instance: name, kind: kind, bandwidth: bandwidth, measurements: measurements)
            return PlanKeeper.Candidate(name: name, memoryBytes: memoryBytes, measured: measured)
        }
    }

    private func keeper(
        expecting count: Int = 1, _ settings: PlacementSettings = PlacementSettings(mode: .throughput)
    ) -> PlanKeeper {
        PlanKeeper(inventory: Self.inventory, expertsPerToken: 2, expectedHosts: count, settings: settings)
    }

    private func load(rows: Int = 1, shares: ExpertShares? = nil, hop: Double = 1e-4) -> PlanKeeper.Load {
        PlanKeeper.Load(shares: shares ?? .uniform(Self.inventory), rowsPerStep: rows, hopSeconds: hop)
    }

    /// What was wanted of hosts so far, by what the keeper said.
    private struct Wanted {
        var units: [String: UnitMap]

        init(_ names: [String]) {
            units = Dictionary(uniqueKeysWithValues: names.map { ($0, UnitMap(PlanKeeperTests.inventory)) })
        }

        /// Makes a plan and takes it in.
        @discardableResult mutating func plan(
            _ keeper: inout PlanKeeper, _ candidates: [PlanKeeper.Candidate], _ load: PlanKeeper.Load
        ) -> PlanKeeper.Outcome {
            let outcome = keeper.plan(for: candidates, wanted: units, load)
            if case .wants(let wants) = outcome { units = wants }
            return outcome
        }

        var all: UnitMap { units.values.reduce(into: UnitMap(PlanKeeperTests.inventory)) { $0.formUnion($1) } }
        var copies: Int { units.values.reduce(0) { $0 + $1.eighthCount } / PlanKeeperTests.everything.eighthCount }
    }

    // MARK: when there is a plan

    @Test("the first plan waits for as many hosts as are expected; after that any number will do")
    func first() {
        var keeper = keeper(expecting: 2), wanted = Wanted(["a", "b"])
        #expect(wanted.plan(&keeper, candidates(["a"]), load()) == .unchanged)
        #expect(keeper.awaitedHosts == 2 && keeper.version == 0 && keeper.current == nil)
        #expect(wanted.plan(&keeper, candidates(["a", "b"]), load()) != .unchanged)
        #expect(keeper.awaitedHosts == nil && keeper.version == 1)
        #expect(keeper.current?.placement.hosts == ["a", "b"])
        #expect(wanted.all == Self.everything && wanted.copies == 1)
        wanted.units["b"] = nil
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(keeper.version == 2)
        #expect(wanted.units == ["a": Self.everything])
    }

    @Test("without any host the plan in use stays")
    func nobody() {
        var keeper = keeper(), wanted = Wanted(["a"])
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(wanted.plan(&keeper, [], load()) == .unchanged)
        #expect(keeper.current?.placement.hosts == ["a"] && keeper.version == 1 && keeper.problem == nil)
    }

    @Test("the same hosts again change nothing, however often")
    func same() {
        var keeper = keeper(), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        for _ in 0 ..< 5 { #expect(wanted.plan(&keeper, candidates(["a", "b"]), load()) == .unchanged) }
        #expect(keeper.version == 1)
    }

    @Test("a host that went and came is told anew what it shall hold, though the placement is the same")
    func cameAgain() {
        var keeper = keeper(), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        let before = wanted.units
        wanted.units["b"] = UnitMap(Self.inventory)
        #expect(wanted.plan(&keeper, candidates(["a", "b"]), load()) == .wants(before))
        #expect(keeper.version == 2)
    }

    @Test("a host that counts no longer is asked to hold nothing, and others take over")
    func noCandidate() {
        var keeper = keeper(), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(wanted.units == ["a": Self.everything, "b": UnitMap(Self.inventory)])
    }

    // MARK: memory

    @Test("where memory is short there is no plan, the one before stays, and the problem says what is missing")
    func shortage() {
        var keeper = keeper(), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        let before = wanted.units, small = candidates(["a"], memoryBytes: Self.allBytes - 800)
        let outcome = wanted.plan(&keeper, small, load())
        #expect(outcome == .impossible("\(PlacementProblem.memory(missingBytes: 800))"))
        #expect(keeper.problem == "\(PlacementProblem.memory(missingBytes: 800))")
        #expect(wanted.units == before && keeper.version == 1 && keeper.current?.placement.hosts == ["a", "b"])
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(keeper.problem == nil)
    }

    @Test("where memory is short for all copies there are as many as fit, and the problem says so")
    func fewerCopies() {
        var keeper = keeper(PlacementSettings(mode: .throughput, copies: 3, hotCopies: false))
        var wanted = Wanted(["a", "b", "c"])
        wanted.plan(&keeper, candidates(["a", "b", "c"], memoryBytes: Self.allBytes * 3 / 4), load())
        #expect(wanted.copies == 2 && keeper.current?.placement.copies == 2)
        #expect(keeper.problem?.hasPrefix("3 copies: needs ") == true)
        wanted.plan(&keeper, candidates(["a", "b", "c"]), load())
        #expect(wanted.copies == 3 && keeper.problem == nil)
    }

    @Test("more copies than hosts are as many as there are hosts, and are no problem; one host that is too small is")
    func moreCopiesThanHosts() {
        var keeper = keeper(PlacementSettings(mode: .throughput, copies: 3)), wanted = Wanted(["a"])
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(wanted.units == ["a": Self.everything] && keeper.problem == nil)
        wanted.plan(&keeper, candidates(["a"], memoryBytes: Self.allBytes - 1), load())
        #expect(keeper.problem == "\(PlacementProblem.memory(missingBytes: 1))")
    }

    @Test("pins to hosts that are not there are left out until they are")
    func pins() {
        let pin = PlacementWish.Pin(layer: 1, expert: 2, host: "b")
        var keeper = keeper(PlacementSettings(mode: .throughput, pins: [pin])), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a"]), load())
        #expect(wanted.units["a"] == Self.everything && keeper.problem == nil)
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        #expect(wanted.units["b"]?[1, 2] == 0xFF)
    }

    // MARK: which plan

    @Test(
        "the mode is the one asked for, and predictions are made for both",
        arguments: [
            (PlacementSettings.Mode.latency, PlacementMode.latency), (.throughput, .throughput),
        ])
    func modes(asked: PlacementSettings.Mode, used: PlacementMode) {
        var keeper = keeper(PlacementSettings(mode: asked)), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        #expect(keeper.current?.mode == used)
        #expect(keeper.predictions.count == 2 && keeper.predictions.values.allSatisfy { $0 > 0 })
        let isSliced = keeper.current?.placement.layers[0][0].holders.count ?? 0 > 1
        #expect(isSliced == (used == .latency))
        #expect(keeper.current?.cuts == keeper.current?.placement.cuts)
    }

    @Test("auto takes what is predicted to be faster, but no slices on hosts of one machine")
    func auto() {
        // Reading takes long here, so that slices are faster for one row.
        let load = load(hop: 1e-9)
        for (machine, mode) in [(nil, PlacementMode.latency), ("m", .throughput)] as [(String?, PlacementMode)] {
            var keeper = keeper(PlacementSettings(mode: .auto)), wanted = Wanted(["a", "b"])
            wanted.plan(&keeper, candidates(["a", "b"], machine: machine, bandwidth: 1e6), load)
            #expect(keeper.current?.mode == mode)
        }
    }

    @Test("auto changes its mind only after five plans in which the other mode was predicted to be faster")
    func autoChanges() {
        var keeper = keeper(PlacementSettings(mode: .auto)), wanted = Wanted(["a", "b"])
        let hosts = candidates(["a", "b"], bandwidth: 1e6)
        // Where the way takes so long, reading does not count.
        wanted.plan(&keeper, hosts, load(hop: 1e15))
        #expect(keeper.current?.mode == .throughput)
        for plan in 1 ... 5 {
            wanted.plan(&keeper, hosts, load(hop: 1e-9))
            #expect(keeper.current?.mode == (plan < 5 ? .throughput : .latency))
        }
    }

    @Test("where only load has shifted, a plan that is hardly better is not adopted; one that is better is")
    func worthwhile() {
        var keeper = keeper(PlacementSettings(mode: .throughput, hotCopies: false)), wanted = Wanted(["a", "b"])
        let hosts = candidates(["a", "b"], bandwidth: 1e6)
        wanted.plan(&keeper, hosts, load())
        let slightly = ExpertShares(layers: Array(repeating: [0.26, 0.25, 0.25, 0.24], count: 3))
        #expect(wanted.plan(&keeper, hosts, load(shares: slightly)) == .unchanged)
        // Now the experts of the first host have all the uses.
        let placement = keeper.current?.placement
        let hot = ExpertShares(
            layers: (placement?.layers ?? []).map { experts in
                experts.map { $0.holders[0] == [0] ? 0.5 : 0 }
            })
        #expect(hot.layers.allSatisfy { $0.reduce(0, +) == 1 })
        #expect(wanted.plan(&keeper, hosts, load(rows: 8, shares: hot)) != .unchanged)
        #expect(keeper.version == 2)
    }

    @Test("where hosts or settings have changed, a plan is adopted whatever it gains")
    func changedInput() {
        var keeper = keeper(PlacementSettings(mode: .throughput)), wanted = Wanted(["a", "b"])
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        keeper.settings.copies = 2
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        #expect(keeper.version == 2 && wanted.copies == 2)
        keeper.settings.mode = .latency
        wanted.plan(&keeper, candidates(["a", "b"]), load())
        #expect(keeper.current?.mode == .latency)
    }

    // MARK: speeds

    @Test("before the first plan measurements count as they are; the first plan makes all that have measured equal")
    func speeds() {
        var keeper = keeper(expecting: 2), wanted = Wanted(["a", "b"])
        let hosts =
            candidates(["a"], bandwidth: 1e9, measurements: 1)
            + candidates(["b"], bandwidth: 4e9, measurements: 1)
        #expect(hosts.map { keeper.speed(of: $0.measured) } == [1e9, 4e9])
        #expect(keeper.lookAtSpeeds(hosts.map(\.measured)) == false)
        wanted.plan(&keeper, hosts, load())
        #expect(hosts.map { keeper.speed(of: $0.measured) } == [2e9, 2e9])
    }

    @Test("what calls show for long changes speeds, and the next plan")
    func calls() {
        var keeper = keeper(expecting: 2), wanted = Wanted(["a", "b", "c"])
        let hosts = candidates(["a", "b", "c"], bandwidth: 1e9, measurements: 1)
        wanted.plan(&keeper, hosts, load())
        let seen = hosts.map { host in
            var host = host.measured
            host.calls = host.instance == "c" ? 0.1e9 : 1e9
            return host
        }
        let changes = (0 ..< HostSpeeds.looks).map { _ in keeper.lookAtSpeeds(seen) }
        #expect(changes.last == true)
        #expect(keeper.speed(of: hosts[2].measured) < keeper.speed(of: hosts[0].measured) / 5)
        wanted.plan(&keeper, hosts, load(hop: 1e-9))
        #expect((wanted.units["c"]?.eighthCount ?? 0) * 3 < (wanted.units["a"]?.eighthCount ?? 0))
    }
}
