import Testing

@testable import Router

@Suite("Planner") struct PlannerTests {
    private func inventory(layers: Int = 2, experts: Int = 3, bytes: Int = 8000, slices: Int = 8) -> ExpertInventory {
        ExpertInventory(
            layers: (0 ..< layers).map { _ in (0 ..< experts).map { _ in .init(byteCount: bytes, slicesMax: slices) } })
    }

    private func hosts(_ bandwidths: [Double], memory: Int = 1 << 40) -> [HostOffer] {
        bandwidths.enumerated().map { HostOffer(name: "host-\($0 + 10)", memoryBytes: memory, bandwidth: $1 * 1e9) }
    }

    private func plan(
        _ inventory: ExpertInventory, _ hosts: [HostOffer], _ mode: PlacementMode, copies: Int = 1,
        pins: [PlacementWish.Pin] = [],
        shares: ExpertShares? = nil, previous: Placement? = nil
    ) throws(PlacementProblem) -> Placement {
        try Planner.plan(
            inventory, on: hosts, shares: shares ?? .uniform(inventory),
            wish: .init(mode: mode, copies: copies, pins: pins), previous: previous)
    }

    /// The host of each slice, where there is one copy.
    private func owners(_ expert: ExpertPlacement) -> [Int] { expert.holders.map { $0[0] } }

    @Test("slices are spread evenly, in runs that are one call; the odd ones go round")
    func slices() throws {
        let two = try plan(inventory(), hosts([1, 1]), .latency)
        #expect(two.layers.joined().allSatisfy { owners($0) == [0, 0, 0, 0, 1, 1, 1, 1] })
        let four = try plan(inventory(), hosts([1, 1, 1, 1]), .latency)
        #expect(
            four.layers.joined().allSatisfy {
                owners($0)[0] == owners($0)[1] && owners($0)[6] == owners($0)[7] && Set(owners($0)).count == 4
            })
        let three = try plan(inventory(), hosts([1, 1, 1]), .latency)
        for expert in three.layers.joined() {
            let counts = (0 ..< 3).map { host in owners(expert).count { $0 == host } }
            #expect(counts.sorted() == [2, 3, 3])
            #expect(
                stride(from: 0, to: 8, by: 2).count { owners(expert)[$0] == owners(expert)[$0 + 1] } == 3,
                "three pairs and two single slices")
        }
        #expect(three.moves(from: nil, inventory: inventory()) == [16000, 16000, 16000])
    }

    @Test("over more hosts than slices each expert uses as many hosts as it has slices, and all hosts get the same")
    func manyHosts() throws {
        let inventory = inventory(layers: 3, experts: 4)
        let placement = try plan(inventory, hosts(Array(repeating: 1, count: 12)), .latency)
        #expect(placement.layers.joined().allSatisfy { Set(owners($0)).count == 8 })
        #expect(Set(placement.moves(from: nil, inventory: inventory)) == [8000])
    }

    @Test("whole experts: every layer is balanced by bandwidth, and the odd ones go round the layers")
    func whole() throws {
        let inventory = inventory(layers: 3, experts: 32)
        let even = try plan(inventory, hosts([1, 1, 1]), .throughput)
        for layer in even.layers {
            #expect((0 ..< 3).map { host in layer.count { owners($0) == [host] } }.sorted() == [10, 11, 11])
        }
        #expect(Set(even.moves(from: nil, inventory: inventory)) == [32 * 8000])
        let uneven = try plan(inventory, hosts([1, 3]), .throughput)
        for layer in uneven.layers { #expect(layer.count { owners($0) == [1] } == 24) }
    }

    @Test("a layer's load is balanced by use: who has the hot expert has fewer others")
    func hot() throws {
        let inventory = inventory(layers: 1, experts: 9, bytes: 900)
        let shares = ExpertShares(layers: [[0.5] + Array(repeating: 0.5 / 8, count: 8)])
        let placement = try plan(inventory, hosts([1, 1], memory: 8100), .throughput, shares: shares)
        #expect((1 ..< 9).count { owners(placement.layers[0][$0]) == owners(placement.layers[0][0]) } <= 1)
    }

    @Test(
        """
        memory that is left holds further copies of hot experts, and of no others; the slowest host of a layer then \
        does less
        """
    )
    func hotCopies() throws {
        let inventory = inventory(layers: 4, experts: 8, bytes: 1000)
        let shares = ExpertShares(layers: Array(repeating: [0.6, 0.2] + Array(repeating: 0.2 / 6, count: 6), count: 4))
        let full = try plan(inventory, hosts([1, 1, 1, 1], memory: 8000), .throughput, shares: shares)
        #expect(full.layers.joined().allSatisfy { $0.holders[0].count == 1 }, "no memory is left")
        let ample = try plan(inventory, hosts([1, 1, 1, 1], memory: 12000), .throughput, shares: shares)
        #expect(ample.moves(from: nil, inventory: inventory).allSatisfy { $0 <= 12000 })
        for layer in ample.layers {
            #expect(layer[0].holders[0].count > 1)
            #expect(layer[2...].allSatisfy { $0.holders[0].count == 1 })
            let loads = (0 ..< 4).map { host in
                zip(layer, shares.layers[0]).reduce(0) {
                    $1.0.holders[0].contains(host) ? $0 + $1.1 / Double($1.0.holders[0].count) : $0
                }
            }
            #expect(loads.max() ?? 1 < 0.45, "with one copy of each it is 0.6")
        }
        let again = try plan(
            inventory, hosts([1, 1, 1, 1], memory: 12000), .throughput, shares: shares, previous: ample)
        #expect(
            again.moves(from: ample, inventory: inventory).reduce(0, +) <= 4 * 1000,
            "the same again: at most a unit for each layer")
        let even = try plan(inventory, hosts([1, 1, 1, 1], memory: 12000), .throughput)
        #expect(even.layers.joined().allSatisfy { $0.holders[0].count == 1 }, "nothing is hot")
    }

    @Test("a shared expert counts as used by every row, wherever its share is said to be")
    func shared() throws {
        let inventory = ExpertInventory(layers: [
            [
                .init(byteCount: 10, slicesMax: 1), .init(byteCount: 10, slicesMax: 1),
                .init(byteCount: 10, slicesMax: 1, isShared: true),
            ]
        ])
        #expect(ExpertShares.uniform(inventory).layers == [[0.5, 0.5, 0]])
        let placement = try plan(inventory, hosts([1, 1, 1]), .latency, shares: ExpertShares(layers: [[0, 1, 7]]))
        #expect(Set(placement.layers[0].flatMap(owners)).count == 3)
    }

    @Test("more copies than hosts: as many as there are hosts, and the placement says so")
    func copies() throws {
        #expect(try plan(inventory(), hosts([1, 2]), .latency, copies: 5).copies == 2)
        #expect(try plan(inventory(), hosts([1, 2, 3]), .throughput, copies: 2).copies == 2)
    }

    @Test(
        "what is pinned is held whole by that host, in both modes, also against what was kept",
        arguments: PlacementMode.allCases)
    func pins(mode: PlacementMode) throws {
        let free = try plan(inventory(), hosts([1, 1, 1]), mode)
        let pins = [
            PlacementWish.Pin(layer: 1, expert: 2, host: "host-11"), .init(layer: 0, expert: 0, host: "host-12"),
        ]
        let placement = try plan(inventory(), hosts([1, 1, 1]), mode, pins: pins, previous: free)
        #expect(placement.layers[1][2].holders.allSatisfy { $0 == [1] })
        #expect(placement.layers[0][0].holders.allSatisfy { $0 == [2] })
        let both = try plan(
            inventory(), hosts([1, 1]), mode, pins: ["host-10", "host-11"].map { .init(layer: 0, expert: 1, host: $0) })
        #expect(both.layers[0][1].holders.allSatisfy { $0 == [0, 1] }, "each pin is a copy")
    }

    @Test("what cannot be done is said in a sentence")
    func problems() {
        func problem(_ hosts: [HostOffer], copies: Int = 1, pins: [PlacementWish.Pin] = []) -> PlacementProblem? {
            do throws(PlacementProblem) { _ = try plan(inventory(), hosts, .latency, copies: copies, pins: pins) } catch
            { return error }
            return nil
        }
        #expect(problem([]) == .noHosts)
        #expect(problem(hosts([1]), copies: 0) == .copies(asked: 0, hosts: 1))
        #expect(problem(hosts([1, 1], memory: 20000)) == .memory(missingBytes: 8000))
        #expect(problem(hosts([1, 1], memory: 48000), copies: 2) == nil)
        #expect(problem(hosts([1]), pins: [.init(layer: 0, expert: 0, host: "x")]) == .unknownHost("x"))
        #expect(
            problem(hosts([1]), pins: [.init(layer: 0, expert: 3, host: "host-10")])
                == .unknownExpert(layer: 0, expert: 3))
        let small = [
            HostOffer(name: "a", memoryBytes: 5000, bandwidth: 1),
            HostOffer(name: "b", memoryBytes: 1 << 30, bandwidth: 1),
        ]
        #expect(problem(small, pins: [.init(layer: 0, expert: 0, host: "a")]) == .pins(host: "a", missingBytes: 3000))
        #expect("\(PlacementProblem.memory(missingBytes: 15_247_000_000))".hasPrefix("needs 14.2 GiB more:"))
    }

    @Test(
        "offers that make no sense, other models' plans and empty models do no harm", arguments: PlacementMode.allCases)
    func nonsense(mode: PlacementMode) throws {
        let offers = [(-5, Double.nan), (Int.max, .infinity), (Int.max, -1), (0, 0), (Int.max, 1e300)].enumerated().map
        {
            HostOffer(name: $0 < 3 ? "same" : "other-\($0)", memoryBytes: $1.0, bandwidth: $1.1)
        }
        let odd = ExpertInventory(layers: [
            [.init(byteCount: 1, slicesMax: 8), .init(byteCount: 0, slicesMax: 4)], [],
            [.init(byteCount: 13, slicesMax: 2)],
        ])
        let shares = ExpertShares(layers: [[.nan, -1], [3]])
        let first = try plan(
            odd, offers, mode, copies: 2, shares: shares, previous: try plan(inventory(), hosts([1, 1]), .latency))
        #expect(first.copies == 2)
        #expect(try plan(inventory(), offers, mode, previous: first).copies == 1)
        #expect(try plan(ExpertInventory(layers: []), offers, mode).layers.isEmpty)
    }

    @Test(
        "a host that leaves costs what it held and nothing else; of a join only the newcomer loads",
        arguments: PlacementMode.allCases)
    func comeAndGo(mode: PlacementMode) throws {
        let inventory = inventory(layers: 6, experts: 16)
        let three = try plan(inventory, hosts([1, 1, 1]), mode), held = three.moves(from: nil, inventory: inventory)
        let two = try plan(inventory, hosts([1, 1]), mode, previous: three)
        #expect(two.moves(from: three, inventory: inventory).reduce(0, +) == held[2])
        let four = try plan(inventory, hosts([1, 1, 1, 1]), mode, previous: three)
        let moved = four.moves(from: three, inventory: inventory)
        #expect(moved[..<3] == [0, 0, 0])
        #expect(abs(moved[3] - held.reduce(0, +) / 4) <= inventory.layers[0][0].byteCount)
    }

    @Test("a change of mode keeps the bytes that are there: slices of a whole expert need not be read again")
    func modeChange() throws {
        let inventory = inventory(layers: 4, experts: 8)
        let whole = try plan(inventory, hosts([1, 1]), .throughput)
        let sliced = try plan(inventory, hosts([1, 1]), .latency, previous: whole)
        #expect(
            sliced.moves(from: whole, inventory: inventory) == [4 * 8 * 2000, 4 * 8 * 2000],
            "half of what each holds now, a quarter of the model")
    }

    @Test("large clusters are planned at once", arguments: PlacementMode.allCases)
    func speed(mode: PlacementMode) throws {
        let inventory = inventory(layers: 80, experts: 32, bytes: 1 << 20)
        let hosts = hosts((0 ..< 65).map { 1 + Double($0 % 7) / 3 }), clock = ContinuousClock()
        var (first, joined): (Placement?, Placement?)
        let fresh = try clock.measure { first = try plan(inventory, Array(hosts.dropLast()), mode) }
        let join = try clock.measure { joined = try plan(inventory, hosts, mode, previous: first) }
        let placement = try #require(first)
        var seconds = 0.0
        let prediction = clock.measure {
            seconds = StepPrediction.seconds(
                rows: 64, placement, inventory, hosts, shares: .uniform(inventory), expertsPerToken: 2, hopSeconds: 1e-4
            )
        }
        print(
            """
            80 layers × 32 experts over 64 hosts, \(mode): planned in \(fresh), a join in \(join), predicted in \
            \(prediction)
            """
        )
        #expect(joined?.copies == 1)
        #expect(seconds > 80 * 1e-4)
    }
}
