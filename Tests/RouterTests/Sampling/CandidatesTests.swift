import Testing

@testable import Router

@Suite("Candidates") struct CandidatesTests {
    /// Scores with many ties, in an order that depends on the seed alone.
    private func scores(_ count: Int, levels: Int, seed: UInt64) -> [Float] {
        var source = RandomSource(seed: seed)
        return (0 ..< count).map { _ in Float(source.next() % UInt64(levels)) / 7 }
    }

    private func sortedIds(_ scores: [Float]) -> [Int32] {
        scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }.map { Int32($0) }
    }

    @Test(
        "partial selection keeps what a full sort would", arguments: [1, 2, 3, 5, 64, 65, 500, 3000],
        [1, 2, 10, 100_000])
    func selection(count: Int, levels: Int) {
        for seed in UInt64(0) ..< 4 {
            let scores = scores(count, levels: levels, seed: seed)
            for kept in Set([1, 2, count / 3, count / 2, count - 1, count]) where kept > 0 {
                var candidates = Candidates()
                for (id, score) in scores.enumerated() { candidates.append(id: Int32(id), score: score) }
                candidates.keepHighest(kept)
                #expect(
                    Set(candidates.ids) == Set(sortedIds(scores).prefix(kept)),
                    "\(count) scores, \(levels) levels, \(kept) kept, seed \(seed)")
            }
        }
    }

    @Test(
        "ascending, descending and equal scores are selected as well",
        arguments: [[Float](repeating: 1, count: 400), (0 ..< 400).map { Float($0) }, (0 ..< 400).map { Float(-$0) }])
    func adversarial(scores: [Float]) {
        var candidates = Candidates()
        for (id, score) in scores.enumerated() { candidates.append(id: Int32(id), score: score) }
        candidates.keepHighest(37)
        #expect(Set(candidates.ids) == Set(sortedIds(scores).prefix(37)))
    }

    @Test("the kept mass is the shortest prefix of a full sort that reaches it", arguments: [0.01, 0.3, 0.77, 0.999])
    func mass(share: Double) {
        let scores = scores(1000, levels: 50, seed: 1)
        var candidates = Candidates()
        for (id, score) in scores.enumerated() { candidates.append(id: Int32(id), score: score) }
        let total = candidates.weigh(highest: Double(scores.max() ?? 0), temperature: 1)
        let sorted = sortedIds(scores)
        let kept = candidates.keepMass(share * total)
        #expect(candidates.ids == Array(sorted.prefix(candidates.ids.count)))
        #expect(kept >= share * total)
        // Without its last one it would not do.
        let last = scores[Int(candidates.ids.last ?? 0)]
        var one = Candidates()
        one.append(id: 0, score: last)
        #expect(kept - one.weigh(highest: Double(scores.max() ?? 0), temperature: 1) < share * total)
    }
}
