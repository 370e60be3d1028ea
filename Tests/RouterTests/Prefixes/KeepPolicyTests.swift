internal import Testing

@testable import Router

/// Where states of a prompt are kept.
@Suite("Keep policy") struct KeepPolicyTests {
    private func points(
        _ promptCount: Int, reused: Int = 0, matched: Int = 0, keepAt: [Int] = [], every: Int = 0
    ) -> [Int] {
        KeepPolicy(keepEvery: every).points(
            promptCount: promptCount, reused: reused, matched: matched, keepAt: keepAt)
    }

    @Test("at a prompt's end, one before it where that is a block border")
    func end() {
        #expect(points(100) == [100])
        #expect(points(128) == [127])
        #expect(points(15) == [], "too short")
        #expect(points(100, reused: 80) == [], "too near to what there is")
    }

    @Test("where the request says so; the prompt's end only where it is far enough")
    func named() {
        #expect(points(1000, keepAt: [300, 700]) == [300, 700, 1000])
        #expect(points(1000, keepAt: [990]) == [1000], "in one block the later serves for both")
        #expect(points(1000, keepAt: [950]) == [950], "in two blocks that are near the named one matters")
        #expect(points(1000, keepAt: [-5, 0, 3, 1001, 5000]) == [1000])
        #expect(points(1000, reused: 600, keepAt: [300, 610, 620]) == [620, 1000])
    }

    @Test("where it parts from what was computed before, if that is well beyond what is reused")
    func parting() {
        #expect(points(1000, reused: 100, matched: 500) == [500, 1000])
        #expect(points(1000, reused: 100, matched: 150) == [1000])
        #expect(points(1000, reused: 100, matched: 1000) == [1000])
    }

    @Test("every so many tokens of a long prompt")
    func periodic() {
        #expect(points(1000, every: 300) == [300, 600, 900, 1000])
        #expect(points(1000, reused: 580, every: 300) == [900, 1000])
        #expect(points(962, keepAt: [310], every: 300) == [310, 600, 900], "the prompt's end is the least important")
    }

    @Test("points are ascending, lie inside the prompt and not near one another, whatever is asked for")
    func random() {
        var random = RandomSource(seed: 1)
        for _ in 0 ..< 2000 {
            let promptCount = Int.random(in: 1 ... 3000, using: &random)
            let reused = Int.random(in: 0 ..< promptCount, using: &random)
            let keepAt = (0 ..< Int.random(in: 0 ... 5, using: &random)).map { _ in
                Int.random(in: -10 ... 3100, using: &random)
            }
            let points = points(
                promptCount, reused: reused, matched: .random(in: reused ... promptCount, using: &random),
                keepAt: keepAt, every: .random(in: 0 ... 500, using: &random))
            #expect(points == points.sorted() && points.allSatisfy { $0 > reused && $0 <= promptCount && $0 >= 16 })
            #expect(Set(points.map { $0 / 64 }).count == points.count, "one for a block")
        }
    }

    @Test("the end of a sequence is kept where it is longer than what is kept already")
    func sequenceEnd() {
        let policy = KeepPolicy()
        #expect(policy.keepsEnd(length: 16, since: 0) && policy.keepsEnd(length: 200, since: 180))
        #expect(!policy.keepsEnd(length: 15, since: 0) && !policy.keepsEnd(length: 200, since: 190))
    }

    @Test("where prefixes are not reused nothing is kept")
    func off() {
        let policy = KeepPolicy(isOn: false)
        #expect(policy.points(promptCount: 9000, reused: 0, matched: 5000, keepAt: [100]).isEmpty)
        #expect(!policy.keepsEnd(length: 5000, since: 0))
    }
}
