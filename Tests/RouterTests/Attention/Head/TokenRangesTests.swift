internal import Testing

@testable import Router

@Suite("Ranges of token ids") struct TokenRangesTests {
    private let ids = TokenRanges([9, 3, 4, 5, 9, -2, 20])

    @Test("neighbours are one range, negative ids are left out")
    func ranges() {
        #expect(ids.ranges == [3 ..< 6, 9 ..< 10, 20 ..< 21] && ids.count == 5)
        #expect((0 ..< 30).filter(ids.contains) == [3, 4, 5, 9, 20])
        #expect(TokenRanges([]).ranges == [] && !TokenRanges([]).contains(0))
    }

    @Test("of a range are those that lie in it")
    func clamped() {
        #expect(ids.clamped(to: 4 ..< 20).ranges == [4 ..< 6, 9 ..< 10])
        #expect(ids.clamped(to: 6 ..< 9).ranges == [])
    }

    @Test("they travel as lengths that alternate")
    func lengths() {
        #expect(ids.lengths == [3, 3, 3, 1, 10, 1])
        #expect(TokenRanges([0, 1]).lengths == [0, 2] && TokenRanges([]).lengths == [])
    }

    @Test("the lowest other id is the first that is not among them")
    func lowestOther() {
        #expect(ids.lowestOther(below: 30) == 0 && TokenRanges([0, 1, 3]).lowestOther(below: 30) == 2)
        #expect(TokenRanges([0, 1]).lowestOther(below: 2) == nil && TokenRanges([]).lowestOther(below: 0) == nil)
    }
}
