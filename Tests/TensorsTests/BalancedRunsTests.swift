import Testing

@testable import Tensors

@Suite("A list of work for several threads") struct BalancedRunsTests {
    private static let lists: [[Double]] = [
        [], [1], [0, 0, 0], [5, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 5], (0 ..< 100).map { Double($0 * 37 % 101) },
        [1e18, 1e18, 1e18, 1], Array(repeating: 1, count: 64) + [500],
    ]

    @Test("is cut into runs that follow each other, none costlier than its fair share and one item", arguments: lists)
    func fair(costs: [Double]) {
        for parts in 1 ... 9 {
            let runs = balancedRuns(costs, parts: parts)
            #expect(runs.count == parts && runs.flatMap { Array($0) } == Array(costs.indices))
            let share = costs.reduce(0, +) / Double(parts), largest = costs.max() ?? 0
            for run in runs {
                #expect(costs[run].reduce(0, +) <= (share + largest) * (1 + 1e-12), "\(run) of \(parts) parts")
            }
        }
    }

    @Test("keeps one large item from the many small ones")
    func large() {
        #expect(balancedRuns(Array(repeating: 1, count: 64) + [64], parts: 2) == [0 ..< 64, 64 ..< 65])
        #expect(balancedRuns([1, 1, 1, 1], parts: 2) == [0 ..< 2, 2 ..< 4])
    }

    @Test("is done item for item, once, and by several threads where it is worth it", arguments: [1, 2, 3, 8])
    func inRuns(threads: Int) {
        let compute = Compute(threads: threads)
        for (cost, runsMax) in [(1.0, 1), (1e7, threads == 1 ? 1 : 4 * threads)] {
            for count in [0, 1, 2, 50] {
                let done = Slots<Int>(count: count), runs = Slots<Int>(count: count)
                compute.inRuns(costs: Array(repeating: cost, count: count)) { run in
                    runs[run.lowerBound] = 1
                    for item in run { done[item] = (done[item] ?? 0) + 1 }
                }
                #expect(done[0 ..< count] == Array(repeating: 1, count: count))
                #expect((0 ..< count).count { runs[$0] != nil } == min(runsMax, count))
            }
        }
    }
}
