import Synchronization
import Testing

@testable import Benchmarks

@Suite("Side by side") struct SideBySideTests {
    @Test("all have enough once each brought so many tokens after the last had begun")
    func enough() {
        let begins = Atomic(0)
        let group = SideBySide(streams: 2, tokens: 2) { begins.add(1, ordering: .relaxed) }
        #expect(!group.note(stream: 0, isFirst: true))
        for _ in 0 ..< 5 { #expect(!group.note(stream: 0, isFirst: false)) }        // the other one still waits
        #expect(begins.load(ordering: .relaxed) == 0)
        #expect(!group.note(stream: 1, isFirst: true))        // its first of two
        #expect(!group.note(stream: 0, isFirst: false))
        #expect(!group.note(stream: 0, isFirst: false))
        #expect(group.note(stream: 1, isFirst: false))
        #expect(group.note(stream: 0, isFirst: false))        // and it stays so
        #expect(begins.load(ordering: .relaxed) == 1)
    }

    @Test("of one stream every token counts")
    func one() {
        let group = SideBySide(streams: 1, tokens: 3)
        #expect([true, false, false].map { group.note(stream: 0, isFirst: $0) } == [false, false, true])
    }
}
