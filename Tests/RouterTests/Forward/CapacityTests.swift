internal import Testing

@testable import Router

@Suite("Capacity of experts") struct CapacityTests {
    /// Rows 0 to 5: all go to expert 0, the even ones to 1 as well, the odd ones to 2.
    private let routes = (0 ..< 6).map { [Route(expert: 0, weight: 0.6), Route(expert: 1 + $0 % 2, weight: 0.4)] }

    @Test("an expert takes its first rows, as many as it may; the others do without it and are counted")
    func dropped() {
        let groups = TokenGroups(routes, sharedExpert: nil, capacity: 2)
        #expect(groups.groups.map { $0.members.map(\.row) } == [[0, 1], [0, 2], [1, 3]])
        #expect(groups.droppedCount == 4 + 1 + 1)
        #expect(groups.rowCount == 6)
    }

    @Test("a shared expert sees every row, whatever the capacity")
    func shared() {
        let groups = TokenGroups(routes, sharedExpert: 8, capacity: 1)
        #expect(groups.groups.map(\.members.count) == [1, 1, 1, 6])
        #expect(groups.droppedCount == 5 + 2 + 2)
    }

    @Test("without a capacity, or with one that nobody reaches, nothing is left out", arguments: [nil, 6, 1000])
    func enough(capacity: Int?) {
        let groups = TokenGroups(routes, sharedExpert: nil, capacity: capacity)
        #expect(groups.groups == TokenGroups(routes, sharedExpert: nil).groups)
        #expect(groups.droppedCount == 0)
    }

    @Test("what is kept and what is left out are all uses there were", arguments: 1 ... 20)
    func sum(capacity: Int) {
        var random = RandomSource(seed: UInt64(capacity))
        let routes = (0 ..< 100).map { _ in
            (0 ..< 8).shuffled(using: &random).prefix(2).map { Route(expert: $0, weight: 0.5) }
        }
        let groups = TokenGroups(routes, sharedExpert: nil, capacity: capacity)
        #expect(groups.groups.allSatisfy { $0.members.count <= capacity })
        #expect(groups.groups.reduce(groups.droppedCount) { $0 + $1.members.count } == 200)
        #expect(groups.groups.allSatisfy { zip($0.members, $0.members.dropFirst()).allSatisfy { $0.row < $1.row } })
    }
}
