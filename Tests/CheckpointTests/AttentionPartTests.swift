import Testing

@testable import Checkpoint

@Suite("Parts of attention") struct AttentionPartTests {
    @Test("only 1, 2, 4 and 8 parts exist")
    func counts() {
        #expect(AttentionPart(index: 0, count: 1) == .whole)
        for (index, count) in [(0, 0), (0, 3), (-1, 2), (2, 2), (8, 8), (0, 16), (0, -2)] {
            #expect(AttentionPart(index: index, count: count) == nil, "\(index) of \(count)")
        }
    }

    @Test("parts cover everything once, in order, at borders that smaller numbers of parts share")
    func ranges() {
        for things in [1, 7, 8, 12, 64, 1001, 200_064] {
            for count in AttentionPart.counts {
                let ranges = AttentionPart.all(of: count).map { $0.range(of: things) }
                #expect(ranges.flatMap { Array($0) } == Array(0 ..< things))
            }
            for part in AttentionPart.all(of: 4) {
                let halves = AttentionPart.all(of: 8)[2 * part.index ..< 2 * part.index + 2].map { $0.range(of: things) }
                #expect(halves[0].lowerBound ..< halves[1].upperBound == part.range(of: things))
            }
        }
    }
}
