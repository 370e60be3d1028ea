import Messages
import Testing

@testable import Router

@Suite("Expert load") struct ExpertLoadTests {
    private static let inventory = TestHosts.inventory(layers: 2, experts: 4)

    /// A batch whose rows all go to one expert.
    private func groups(_ rows: Int, expert: Int, capacity: Int? = nil) -> TokenGroups {
        TokenGroups((0 ..< rows).map { _ in [Route(expert: expert, weight: 1)] }, sharedExpert: nil, capacity: capacity)
    }

    @Test("before anything was used every expert has the same share, and no layer is out of balance")
    func start() {
        let load = ExpertLoad(Self.inventory)
        #expect(load.shares.layers == [[Double]](repeating: [0.25, 0.25, 0.25, 0.25], count: 2))
        #expect(load.imbalance == [1, 1])
        #expect(!load.wasUsed())
        #expect(load.dropped == 0)
        #expect(load.expertSeconds == 0)
    }

    @Test("uses are counted where they were, for ever in the totals")
    func totals() {
        let load = ExpertLoad(Self.inventory)
        load.note(0, groups(3, expert: 1))
        load.note(1, groups(3, expert: 2))
        load.note(1, groups(2, expert: 0))
        #expect(load.totals == [[0, 3, 0, 0], [2, 0, 3, 0]])
        #expect(load.recent == [[0, 3, 0, 0], [2, 0, 3, 0]])
        #expect(load.imbalance == [4, 3.0 * 4 / 5])
        for layer in load.shares.layers {
            #expect(abs(layer.reduce(0, +) - 1) < 1e-12)
            #expect(layer.allSatisfy { $0 > 0 }, "what was not used yet may be used next")
        }
        #expect(load.shares.layers[0][1] > load.shares.layers[0][0])
    }

    @Test("the last whole window counts, and the one that is being filled; what was before does not")
    func windows() {
        let load = ExpertLoad(Self.inventory)
        func fill(_ expert: Int) { for _ in 0 ..< 4 { load.note(0, groups(1024, expert: expert)) } }
        fill(0)
        #expect(load.recent[0] == [4096, 0, 0, 0])
        load.note(0, groups(100, expert: 1))
        #expect(load.recent[0] == [4096, 100, 0, 0], "the whole window and the begun one")
        for _ in 0 ..< 4 { load.note(0, groups(1000, expert: 1)) }
        #expect(load.recent[0] == [0, 4100, 0, 0], "the second window is whole, the first is forgotten")
        fill(2)
        #expect(load.recent[0] == [0, 0, 4096, 0])
        #expect(load.totals[0] == [4096, 4100, 4096, 0])
    }

    @Test("a window is as long for every layer: only the first one's rows are counted for it")
    func layers() {
        let load = ExpertLoad(Self.inventory)
        for _ in 0 ..< 20 { load.note(1, groups(1024, expert: 3)) }
        #expect(load.recent[1] == [0, 0, 0, 20 * 1024])
        #expect(!load.wasUsed())
        load.note(0, groups(1, expert: 3))
        #expect(load.wasUsed())
        #expect(!load.wasUsed(), "each use is told once")
    }

    @Test("what a capacity left out is counted, and is no use")
    func dropped() {
        let load = ExpertLoad(Self.inventory)
        load.note(0, groups(10, expert: 0, capacity: 4))
        load.note(1, groups(3, expert: 0, capacity: 4))
        #expect(load.dropped == 6)
        #expect(load.totals == [[4, 0, 0, 0], [3, 0, 0, 0]])
    }

    @Test("rows and seconds of a step follow what steps are like now")
    func averages() {
        let load = ExpertLoad(Self.inventory)
        #expect(load.rowsPerStep == 1)
        for _ in 0 ..< 1000 { load.note(0, groups(64, expert: 0)) }
        #expect(load.rowsPerStep == 64)
        load.note(0, groups(1, expert: 0))
        #expect((2 ... 63).contains(load.rowsPerStep), "one step does not decide")
        load.note(stepSeconds: 2)
        #expect(load.expertSeconds == 2)
        load.note(stepSeconds: 1)
        #expect(load.expertSeconds > 1 && load.expertSeconds < 2)
        for _ in 0 ..< 1000 { load.note(stepSeconds: 0.5) }
        #expect(abs(load.expertSeconds - 0.5) < 1e-6)
    }
}

extension ExpertLoad {
    /// As dispatch does for each layer of a step.
    fileprivate func note(_ layer: Int, _ groups: TokenGroups) {
        let uses = groups.groups.map { (expert: $0.expert, rows: $0.members.count) }
        note(layer, uses, rows: groups.rowCount, dropped: groups.droppedCount)
    }
}
