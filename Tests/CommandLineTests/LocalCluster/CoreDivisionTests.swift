import Testing

@testable import LocalCluster

@Suite("Cores divided among the processes of a cluster") struct CoreDivisionTests {
    @Test(
        "each has some of its own, hosts equally many, none is left over",
        arguments: [
            (3, 1, 1), (4, 2, 1), (16, 2, 1), (64, 2, 1), (64, 8, 1), (10, 8, 1), (4, 1, 2), (13, 8, 4), (64, 8, 4),
            (21, 2, 8),
        ])
    func divided(count: Int, hosts: Int, attention: Int) throws {
        let cores = (0 ..< count).map { $0 * 2 }
        let division = try #require(CoreDivision(cores, expertHosts: hosts, attentionHosts: attention))
        let all = division.router + division.attention.flatMap { $0 } + division.hosts.flatMap { $0 }
        #expect(all.sorted() == cores)
        #expect(Set(division.hosts.map(\.count)).count == 1)
        let sizes = division.attention.map(\.count)
        #expect((sizes.min() ?? 0) > 0 && (sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        #expect(
            division.hosts.count == hosts && division.attention.count == attention
                && division.hosts.allSatisfy { !$0.isEmpty })
    }

    @Test("attention has about what it does of the work")
    func shares() throws {
        let division = try #require(CoreDivision(Array(0 ..< 64), expertHosts: 2))
        #expect(division.router == [0])
        #expect((26 ... 28).contains(division.attention[0].count))
    }

    @Test("too few cores cannot be divided")
    func tooFew() {
        #expect(CoreDivision([0, 1, 2], expertHosts: 2) == nil)
        #expect(CoreDivision([], expertHosts: 1) == nil)
        #expect(CoreDivision([0, 1, 2], expertHosts: 0) == nil)
        #expect(CoreDivision([0, 1, 2, 3], expertHosts: 1, attentionHosts: 3) == nil)
    }
}
